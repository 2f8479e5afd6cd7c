/** Entry point of a worker thread. */
import {type Job, type JobResult, runJob} from './job.ts';

export default (job: Job): JobResult => runJob(job);
