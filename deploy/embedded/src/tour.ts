import { parseArgs } from 'node:util';
import { takeTour } from './tour/take-tour.ts';

const { HOST = '127.0.0.1', PORT = '4000' } = process.env;
const { values } = parseArgs({ options: { url: { type: 'string', default: `http://${HOST}:${PORT}` } } });

try {
  await takeTour(values.url, (line) => console.log(line));
} catch (error) {
  const hint = error instanceof TypeError ? ' Is the store running? `npm start` serves it.' : '';
  console.error(`\nThe tour ended early: ${error instanceof Error ? error.message : String(error)}.${hint}`);
  process.exit(1);
}
