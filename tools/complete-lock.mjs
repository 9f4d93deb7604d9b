#!/usr/bin/env node
// Completes package-lock.json with the optional packages of other platforms (Biome, Turbo, oxc ship one binary package
// a platform). A registry mirror that does not carry them all makes `npm install` leave them out, and then `npm ci`
// refuses the lock everywhere. Run it after `npm install` changed the lock; it is a no-op on a complete one.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const OS = {
  darwin: 'darwin',
  win32: 'win32',
  windows: 'win32',
  linux: 'linux',
  android: 'android',
  freebsd: 'freebsd',
  openharmony: 'openharmony',
};
const CPU = {
  arm64: 'arm64',
  x64: 'x64',
  64: 'x64',
  ia32: 'ia32',
  arm: 'arm',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
};

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const added = [];
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const parts = name.split(/[/-]/);
    const os = parts.map((part) => OS[part]).find(Boolean);
    // Only exact versions of platform packages can be named without asking a registry.
    if (lock.packages[path] || !os || !/^\d+\.\d+\.\d+$/.test(version)) continue;
    const cpu = parts.map((part) => CPU[part]).find(Boolean);
    const isDev = parent.dev === true;
    lock.packages[path] = {
      version,
      ...(cpu && { cpu: [cpu] }),
      ...(isDev && { dev: true }),
      optional: true,
      os: [os],
    };
    added.push(name);
  }
}
const sorted = Object.keys(lock.packages).sort((a, b) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted.map((path) => [path, lock.packages[path]]));
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added.length} optional packages of other platforms added`);
