/** What a recording hears of a board, besides what its cores tell. */
import type {Observer} from '../isa/system/observer.ts';

export interface BoardObserver extends Observer {
  /** A comparator or its control was written. @param due guest time; infinite when it is farther than a number can say. */
  timerProgram?(cpu: number, timer: 'virtual' | 'physical', control: number, due: number): void;
}
