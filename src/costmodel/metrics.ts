/**
 * Everything that replay counts: id, what it is, and (for stalls) that it is in cycles. Counts are whole numbers in a
 * Float64Array indexed by {@link METRIC}; a new metric is a row here.
 */
/** Who asks: the guest, its walks by stage (`stage1` also for the hypervisor's own tables), a hypervisor's or kernel's path. */
export const REQUESTERS = ['guest', 'stage1', 'stage2', 'path'] as const;
export const GUEST = 0;
export const STAGE1 = 1;
export const STAGE2 = 2;
export const PATH = 3;

const byRequester = (id: string, definition: string): [string, string][] =>
  REQUESTERS.map((requester) => [`${id}.${requester}`, `${definition}, for ${requester}`]);

/** Ids and definitions, in index order. A metric by requester takes four neighbouring rows. */
export const METRICS: readonly (readonly [string, string])[] = [
  ['instructions', 'instructions executed, failed conditions included'],
  ['blocks', 'basic-block executions'],
  ['accesses.read', 'load instructions that touched memory (LDM is one)'],
  ['accesses.write', 'store instructions that touched memory (STM is one)'],
  ['accesses.prefetch', 'PLD and PLDW'],
  ['l1i.accesses', 'instruction lines fetched, one per line and block execution'],
  ...byRequester('l1i.misses', 'instruction lines not in L1I'),
  ...byRequester('l1d.accesses', 'data lines looked up in L1D'),
  ...byRequester('l1d.misses', 'data lines not in L1D'),
  ...byRequester('l2.accesses', 'lines looked up in L2'),
  ...byRequester('l2.misses', 'lines not in L2'),
  ['l2.prefetchAccesses', 'lines looked up in L2 by the prefetcher'],
  ['l2.prefetchMisses', 'prefetched lines that came from DRAM'],
  ['dram.reads', 'lines read from DRAM'],
  ['dram.writes', 'lines written to DRAM'],
  ['dram.rowHits', 'DRAM accesses to the open row'],
  ['dram.rowEmpty', 'DRAM accesses to a closed bank'],
  ['dram.rowConflicts', 'DRAM accesses that had to close another row first'],
  ['dram.turnarounds', 'changes between reading and writing'],
  ['prefetch.issued', 'lines requested by the prefetcher'],
  ['prefetch.used', 'prefetched lines that a load, PLD or store asked for'],
  ['prefetch.late', 'of those, still on their way'],
  ['prefetch.useless', 'prefetched lines evicted unused'],
  ['write.streamedStores', 'stores that missed L1D and were gathered instead of allocating'],
  ['write.streamedLines', 'full lines written without allocation (read-allocate mode)'],
  ['write.allocatedLines', 'lines allocated by a store'],
  [
    'write.streamBreaks',
    'read-allocate mode left before a line was full: a store went elsewhere, or a load wanted the line',
  ],
  ['write.brokenLines', 'lines allocated after all because a store went elsewhere'],
  ['tlb.microInstructionMisses', 'micro-TLB misses on the instruction side'],
  ['tlb.microDataMisses', 'micro-TLB misses on the data side'],
  ['tlb.mainHits', 'main-TLB hits'],
  ['tlb.mainMisses', 'main-TLB misses, each a walk'],
  ['walk.walkCacheHits', 'walks that started at the last level'],
  ['walk.ipaCacheHits', 'stage-2 translations answered by the IPA cache'],
  ['walk.stage1Reads', 'stage-1 descriptors read'],
  ['walk.stage2Reads', 'stage-2 descriptors read'],
  ['walk.pathTlbMisses', "main-TLB misses of the hypervisor's own pages"],
  ['branch.conditional', 'conditional branches at the end of a block'],
  ['branch.mispredicted', 'conditional and indirect branches predicted wrong'],
  ['branch.taken', 'taken branches of any kind'],
  ['cycles.pipeline', 'cycles of the pipeline model with every access a hit'],
  ['cycles.branch', 'cycles lost to taken and mispredicted branches'],
  ['stall.fetch', 'cycles waiting for instruction lines'],
  ['stall.l2', 'cycles waiting for lines that L2 held'],
  ['stall.dram', 'cycles waiting for lines from DRAM that nothing had asked for'],
  ['stall.latePrefetch', 'cycles waiting for lines already on their way (prefetch, PLD, earlier miss)'],
  ['stall.linefill', 'cycles that loads and PLDs waited for their turn to ask for a line, or for a linefill buffer'],
  ['stall.store', 'cycles that stores waited for their turn to ask for a line, or for room in the store buffer'],
  ['stall.write', 'cycles waiting for room to post a streamed write'],
  ['stall.microTlb', 'cycles of micro-TLB misses, up to the answer of the main TLB'],
  ['stall.stage1', 'cycles of walks outside stage 2'],
  ['stall.stage2', 'cycles of stage-2 translation during walks'],
  ['tlb.spaceSwitches', 'switches to another address space'],
  ['tlb.maintenance', "operations by which the guest's kernel invalidates TLB entries"],
];

const index = new Map(METRICS.map(([id], position) => [id, position]));

/** Index of a metric. @throws RangeError for an unknown id, at load time rather than as a silent NaN. */
const metricIndex = (id: string): number => {
  const found = index.get(id);
  if (found === undefined) throw new RangeError(`no metric '${id}'`);
  return found;
};

/** Indices used in replay; those by requester name the first of four. */
export const METRIC = {
  instructions: metricIndex('instructions'),
  blocks: metricIndex('blocks'),
  reads: metricIndex('accesses.read'),
  writes: metricIndex('accesses.write'),
  prefetches: metricIndex('accesses.prefetch'),
  l1iAccesses: metricIndex('l1i.accesses'),
  l1iMisses: metricIndex('l1i.misses.guest'),
  l1dAccesses: metricIndex('l1d.accesses.guest'),
  l1dMisses: metricIndex('l1d.misses.guest'),
  l2Accesses: metricIndex('l2.accesses.guest'),
  l2Misses: metricIndex('l2.misses.guest'),
  l2PrefetchAccesses: metricIndex('l2.prefetchAccesses'),
  l2PrefetchMisses: metricIndex('l2.prefetchMisses'),
  dramReads: metricIndex('dram.reads'),
  dramWrites: metricIndex('dram.writes'),
  rowHits: metricIndex('dram.rowHits'),
  rowEmpty: metricIndex('dram.rowEmpty'),
  rowConflicts: metricIndex('dram.rowConflicts'),
  turnarounds: metricIndex('dram.turnarounds'),
  prefetchIssued: metricIndex('prefetch.issued'),
  prefetchUsed: metricIndex('prefetch.used'),
  prefetchLate: metricIndex('prefetch.late'),
  prefetchUseless: metricIndex('prefetch.useless'),
  streamedStores: metricIndex('write.streamedStores'),
  streamedLines: metricIndex('write.streamedLines'),
  allocatedLines: metricIndex('write.allocatedLines'),
  streamBreaks: metricIndex('write.streamBreaks'),
  brokenLines: metricIndex('write.brokenLines'),
  microInstructionMisses: metricIndex('tlb.microInstructionMisses'),
  microDataMisses: metricIndex('tlb.microDataMisses'),
  mainHits: metricIndex('tlb.mainHits'),
  mainMisses: metricIndex('tlb.mainMisses'),
  walkCacheHits: metricIndex('walk.walkCacheHits'),
  ipaCacheHits: metricIndex('walk.ipaCacheHits'),
  stage1Reads: metricIndex('walk.stage1Reads'),
  stage2Reads: metricIndex('walk.stage2Reads'),
  pathTlbMisses: metricIndex('walk.pathTlbMisses'),
  conditional: metricIndex('branch.conditional'),
  mispredicted: metricIndex('branch.mispredicted'),
  taken: metricIndex('branch.taken'),
  pipelineCycles: metricIndex('cycles.pipeline'),
  branchCycles: metricIndex('cycles.branch'),
  stallFetch: metricIndex('stall.fetch'),
  stallL2: metricIndex('stall.l2'),
  stallDram: metricIndex('stall.dram'),
  stallLatePrefetch: metricIndex('stall.latePrefetch'),
  stallLinefill: metricIndex('stall.linefill'),
  stallStore: metricIndex('stall.store'),
  stallWrite: metricIndex('stall.write'),
  stallMicroTlb: metricIndex('stall.microTlb'),
  stallStage1: metricIndex('stall.stage1'),
  stallStage2: metricIndex('stall.stage2'),
  spaceSwitches: metricIndex('tlb.spaceSwitches'),
  tlbMaintenance: metricIndex('tlb.maintenance'),
} as const;

export const newCounts = (): Float64Array => new Float64Array(METRICS.length);

/** Counts by id, for people and JSON. */
export const countTable = (counts: Float64Array): Record<string, number> =>
  Object.fromEntries(METRICS.map(([id], position) => [id, counts[position] as number]));
