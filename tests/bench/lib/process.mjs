// What a server costs: CPU time and memory of all its processes, as the kernel accounts them.
import { readFileSync, readdirSync } from 'node:fs';

// Every process whose command is `name`; the benchmark's process namespace holds nobody else's.
export function processesOf(name) {
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name;
    } catch {
      return false;  // ended meanwhile
    }
  }).map(Number);
}

// Nanoseconds that the threads of `pids` ran.
export function cpuTime(pids) {
  let sum = 0;
  for (const pid of pids) {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    }
  }
  return sum;
}

// KiB of memory of `pids` that no file backs.
export function memory(pids) {
  return pids.reduce((sum, pid) =>
    sum + Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]), 0);
}

// How many files a process of this machine may open.
export function descriptorLimit() {
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
}
