/** A trace made by executing a guest on the fly, through the same interface as a stored one. */
import {basename} from 'node:path';
import {InputError} from '../files/errors.ts';
import {sha256} from '../files/hash.ts';
import {Emulator, type Surroundings} from '../isa/emulator.ts';
import type {EngineName} from '../isa/engine/engine.ts';
import type {BlockTable} from '../trace/blocks.ts';
import type {TraceChunk, TraceHeader, TraceSource} from '../trace/source.ts';
import {readGuest} from './guest-file.ts';

export interface GuestTraceOptions {
  readonly path: string;
  readonly arguments: readonly string[];
  readonly profile?: 'v5-soft' | 'v7-hf';
  readonly seed?: number;
  /** The command that makes this trace again; the guest's own command line unless given. */
  readonly command?: string;
  /** Record between the guest's markers, or everything. */
  readonly record?: 'markers' | 'all';
  readonly maxInstructions?: number;
  /** Root directory, environment and so on; standard input is empty. */
  readonly surroundings?: Surroundings;
  /** `path` names a file of the guest's root. */
  readonly inRoot?: boolean;
  readonly engine?: EngineName;
  /** Receives the guest's output; by default it is kept for the error message of a failing guest only. */
  readonly write?: (fd: number, data: Uint8Array) => void;
  readonly warn?: (line: string) => void;
}

/**
 * Where a program of the host lies for the guest. Its name is on the guest's stack, so that a longer one moves what lies
 * below: a trace must not depend on where the program, or trapwalk itself, is installed.
 */
const GUEST_DIRECTORY = '/guest';

/** How much output of a failing guest is worth showing. */
const OUTPUT_TAIL = 500;

export class GuestTrace implements TraceSource {
  readonly header: TraceHeader;
  readonly emulator: Emulator;
  private readonly options: GuestTraceOptions;
  private output = '';
  private done = false;

  /** @throws InputError or the emulator's ElfError when the file is no guest. */
  constructor(options: GuestTraceOptions) {
    this.options = options;
    this.emulator = new Emulator(options.inRoot ? undefined : readGuest(options.path), {
      path: options.inRoot ? options.path : `${GUEST_DIRECTORY}/${basename(options.path)}`,
      argv: [basename(options.path), ...options.arguments],
      seed: options.seed ?? 1,
      record: options.record ?? 'markers',
      write: options.write ?? ((_fd, data) => this.remember(data)),
      warn: options.warn ?? ((line) => this.remember(new TextEncoder().encode(`${line}\n`))),
      ...options.surroundings,
      ...(options.profile ? {profile: options.profile} : {}),
      ...(options.engine ? {engine: options.engine} : {}),
    });
    this.header = {
      guest: basename(options.path),
      command: options.command ?? [basename(options.path), ...options.arguments].join(' '),
      guestHash: sha256(this.emulator.program),
      isa: 'armv7-a',
      endianness: 'little',
      vcpus: 1,
    };
  }

  get blocks(): BlockTable {
    return this.emulator.blocks;
  }

  /** @throws Error when the guest fails, with the end of its output; what the emulator does not model is its own error. */
  next(): TraceChunk | undefined {
    const {trace} = this.emulator;
    while (!this.done) {
      trace.clear();
      const limit = this.options.maxInstructions ?? Number.MAX_SAFE_INTEGER;
      const status = this.emulator.run(limit - this.emulator.instructions);
      if (status === 'limit')
        throw new InputError(`the guest did not end within ${limit} instructions`, {
          file: this.options.path,
          remedy: 'raise --max-instructions',
        });
      if (status === 'exited') {
        this.done = true;
        const {exitCode, signal} = this.emulator;
        if (exitCode !== 0 && this.options.write === undefined) {
          const end = signal === undefined ? `exited with ${exitCode}` : `was ended by ${signal}`;
          throw new InputError(`the guest ${end}: ${this.output.trim()}`, {
            file: this.options.path,
            remedy: "'trapwalk run' shows all that it says",
          });
        }
      }
      if (trace.length > 0) return trace;
    }
    return undefined;
  }

  private remember(data: Uint8Array): void {
    this.output = (this.output + new TextDecoder().decode(data)).slice(-OUTPUT_TAIL);
  }
}
