import {comparePrograms} from './compare.ts';

comparePrograms('armel');
