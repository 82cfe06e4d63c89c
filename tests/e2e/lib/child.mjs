// A child process whose output is kept: a test can await a line of it, and a failure can show it.
import { spawn } from 'node:child_process';
import { within } from './deadline.mjs';

export class Child {
  constructor(name, command, args, options = {}) {
    this.name = name;
    this.log = '';
    this.watchers = new Set();
    this.process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.exit = new Promise((resolve) => {
      this.process.once('error', (error) => {
        this.take(`cannot start ${command}: ${error.message}\n`);
        resolve({ code: 127, signal: null });
      });
      this.process.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.exit.then((end) => {
      this.ended = end;
      for (const watcher of this.watchers) watcher();
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => this.take(text));
    }
  }

  get pid() { return this.process.pid; }

  take(text) {
    this.log += text;
    for (const watcher of this.watchers) watcher();
  }

  // Resolves with the match of `pattern` in what was written from position `from` on.
  async line(pattern, { ms = 20000, from = 0 } = {}) {
    let watcher;
    const found = new Promise((resolve, reject) => {
      watcher = () => {
        const match = pattern.exec(this.log.slice(from));
        if (match) resolve(match);
        else if (this.ended) reject(new Error(`${this.name} ended with ${JSON.stringify(this.ended)}`));
      };
      this.watchers.add(watcher);
      watcher();
    });
    try {
      return await within(ms, `${this.name} writes ${pattern}`, found);
    } catch (error) {
      throw new Error(`${error.message}\n--- ${this.name} wrote\n${this.log.slice(-4000)}`);
    } finally {
      this.watchers.delete(watcher);
    }
  }

  async stop(signal = 'SIGTERM', ms = 10000) {
    if (!this.ended) this.process.kill(signal);
    try {
      return await within(ms, `${this.name} stops on ${signal}`, this.exit);
    } catch (error) {
      this.process.kill('SIGKILL');
      throw error;
    }
  }
}
