// What a server costs: CPU time and memory of all its processes, as the kernel accounts them.
import { readFileSync, readdirSync } from 'node:fs';

// `pid` and all that it has started.
export function processesOf(pid) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
  return [pid, ...children.flatMap(processesOf)];
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
