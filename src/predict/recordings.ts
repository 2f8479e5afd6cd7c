/** The recorded machines that come with trapwalk: `traces/traces.yaml`. */
import {z} from 'zod';
import {packagePath} from '../files/paths.ts';
import {readYaml} from '../files/yaml.ts';

const recording = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** Below `traces/`. */
  file: z.string(),
  /** Of `trapwalk`, in the package's directory: they make the file again where `guests/linux` is the one that it was made with. */
  arguments: z.array(z.string()).min(1),
  /** SHA-256 of the file, hexadecimal. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** What the guest does between its markers. */
  unit: z.string(),
  units: z.number().int().positive(),
  /** Whether `reproduce` replays it. */
  isReproduced: z.boolean(),
});
export type Recording = z.infer<typeof recording>;

export const recordingsPath = (): string => packagePath('traces', 'traces.yaml');
export const recordingPath = ({file}: Recording): string => packagePath('traces', file);

export const readRecordings = (): readonly Recording[] =>
  readYaml(recordingsPath(), z.strictObject({recordings: z.array(recording)})).recordings;
