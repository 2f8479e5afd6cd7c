import {comparePrograms} from './compare.ts';

comparePrograms('armhf');
