// node run.mjs FILE SCENARIO: run one exported scenario.
import { flush } from './record.mjs';

const programs = await import('./' + process.argv[2]);
await programs[process.argv[3]]();
flush();
process.exit(0);
