/** Classes of CP14 and CP15 registers that a hypervisor's controls trap, beside those that a guest's every switch needs (DDI 0406C B1.14, B8.1). */
export const REGISTER_CLASSES = [
  'actlr',
  'set/way',
  'performance monitors',
  'implementation defined',
  'thumbee',
  'jazelle',
] as const;
export type RegisterClass = (typeof REGISTER_CLASSES)[number];
