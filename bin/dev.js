#!/usr/bin/env -S node --import tsx
// The same command line from src/, without a build: `dist` becomes `src` in what package.json tells oclif.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {execute, settings} from '@oclif/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const oclif = JSON.parse(JSON.stringify(manifest.oclif).replaceAll('./dist/', './src/'));

// tsx loads the sources; oclif need not look for them.
settings.enableAutoTranspile = false;
await execute({loadOptions: {root, pjson: {...manifest, oclif}}});
