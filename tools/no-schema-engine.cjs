#!/usr/bin/env node
// Stands where Prisma's command line expects its native schema engine, so that it neither downloads nor needs one:
// `generate` and `validate` run without. A command that does need it must fail loudly instead of "succeeding".
console.error('The native Prisma schema engine is not used here; migrations are made and run by `node tools/db.mjs`.');
process.exit(1);
