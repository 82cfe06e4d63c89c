// PulseAudio with a sink that nobody hears: Firefox runs an AudioContext only where there is something to play on.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from './child.mjs';
import { eventually } from './deadline.mjs';
import { temporaryDirectory } from './temporary.mjs';

export class SoundServer {
  static async start() {
    const server = new SoundServer();
    const directory = temporaryDirectory('pulse');
    const socket = join(directory, 'native');
    server.child = new Child('pulseaudio', 'pulseaudio', ['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no',
      '--disable-shm', '-L', 'module-null-sink', '-L', `module-native-protocol-unix socket=${socket} auth-anonymous=1`],
    { env: { ...process.env, HOME: directory, XDG_RUNTIME_DIR: directory, DBUS_SESSION_BUS_ADDRESS: 'disabled:' } });
    await eventually('pulseaudio listens', () => server.child.ended || existsSync(socket));
    if (server.child.ended) throw new Error(`pulseaudio did not start\n${server.child.log}`);
    server.env = { PULSE_SERVER: `unix:${socket}` };
    return server;
  }

  stop() { return this.child.stop(); }
}
