// A child of the bench: `serve.js APP with|without`. Tells its port, and when asked the CPU time it has used.
const [name, how] = process.argv.slice(2);
const { start } = await import(`./apps/${name}.js`);
const { port, diagnostics } = await start(how === 'with');
const state = (await diagnostics?.ready({ timeoutMs: 20_000 }))?.state ?? 'none';
process.on('message', () => process.send({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
process.send({ port, state });
