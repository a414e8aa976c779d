// The memory of another process, as Linux counts it; on other systems a benchmark says that it cannot tell.
import { readFile, writeFile } from 'node:fs/promises'

/** MB that are resident now; `null` where there is no /proc. */
export async function residentMb(pid: number): Promise<number | null> {
  return await field(pid, 'VmRSS')
}

/** MB that were resident at most while `work` was done, and what it gave. */
export async function peakMbWhile<Result>(
  pid: number,
  work: () => Promise<Result>
): Promise<{ readonly peakMb: number | null; readonly result: Result }> {
  // proc_pid_clear_refs(5): the high-water mark begins anew.
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {})
  const result = await work()
  return { peakMb: await field(pid, 'VmHWM'), result }
}

async function field(pid: number, name: string): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) / 1024
}
