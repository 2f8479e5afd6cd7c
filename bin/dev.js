#!/usr/bin/env -S node --import tsx
// The same command line from src/, without a build.
import '../src/cli/main.ts';
