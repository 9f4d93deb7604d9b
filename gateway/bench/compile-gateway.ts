import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** This repository. */
export const ownTree = fileURLToPath(new URL('../../', import.meta.url));
const FILES_MAX = 5_000;

/**
 * Compiles the gateway of a checkout (`tree`) and the packages it stands on, as they are now, into `folder` (inside this
 * repository, so that dependencies are found): what `npm run build` would make, without its type check and in a second. Returns the command's
 * file. Measuring through a loader instead would measure the loader.
 */
export function compileGateway(tree: string, folder: string): string {
  const packages = readdirSync(join(tree, 'packages'));
  compilePackage(tree, 'gateway', folder);
  mkdirSync(join(folder, 'node_modules/@playgraph'), { recursive: true });
  for (const name of packages) {
    compilePackage(tree, `packages/${name}`, folder);
    symlinkSync(join(folder, 'packages', name), join(folder, 'node_modules/@playgraph', name));
  }
  for (const extra of ['bin', 'explorer']) {
    if (existsSync(join(tree, 'gateway', extra))) {
      cpSync(join(tree, 'gateway', extra), join(folder, 'gateway', extra), { recursive: true });
    }
  }
  return join(folder, 'gateway/bin/playgraph-gateway.js');
}

function compilePackage(tree: string, path: string, folder: string): void {
  const source = join(tree, path, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  if (files.length > FILES_MAX) throw new Error(`${path} has more than ${FILES_MAX} files`);
  for (const file of files) {
    const target = join(folder, path, 'dist', file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, compileText(readFileSync(join(source, file), 'utf8')));
  }
  cpSync(join(tree, path, 'package.json'), join(folder, path, 'package.json'));
  const own = join(ownTree, path, 'node_modules');
  if (existsSync(own)) symlinkSync(own, join(folder, path, 'node_modules'));
}

function compileText(text: string): string {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  return outputText;
}
