import net from 'node:net';

/**
 * The bare pipe: the fastest Node program that stands between a client and a server and understands nothing. What a
 * gateway in Node costs is measured against it. Run as `node pipe.js LISTEN_PORT TARGET_PORT`.
 */
const [listenPort, targetPort] = process.argv.slice(2).map(Number);
if (listenPort === undefined || targetPort === undefined) throw new TypeError('two ports are needed');

net
  .createServer({ noDelay: true }, (client) => {
    const target = net.connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    client.on('data', (chunk) => {
      if (!target.write(chunk)) client.pause();
    });
    target.on('data', (chunk) => {
      if (!client.write(chunk)) target.pause();
    });
    client.on('drain', () => target.resume());
    target.on('drain', () => client.resume());
    client.on('error', () => target.destroy());
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  })
  .listen(listenPort, '127.0.0.1');
