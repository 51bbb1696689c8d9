// A child of the bench: `serve.js APP with|without …` starts one app a word, in that order, in this one process. Tells their
// ports, and when asked the CPU time it has used.
const [name, ...hows] = process.argv.slice(2);
const { start } = await import(`./apps/${name}.js`);
const ports = [];
let state = 'none';
for (const how of hows) {
  const { port, diagnostics } = await start(how === 'with');
  ports.push(port);
  state = (await diagnostics?.ready({ timeoutMs: 20_000 }))?.state ?? state;
}
process.on('message', () => process.send({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
process.send({ ports, state });
