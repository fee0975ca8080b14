export { nodeHost } from '../backends/sim/node-host.ts';
