// Processor time of the server and of its PostgreSQL: unlike jobs a second it stays the same when others load the machine.
import { readFile } from 'node:fs/promises'
import { query } from './bench-postgres.ts'

/** Of a process with all its threads, user and system; `null` where /proc does not say. */
export async function cpuSeconds(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  // The name before the last bracket may contain blanks; utime and stime are the 14th and 15th field, in hundredths.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields === undefined ? null : (Number(fields[11]) + Number(fields[12])) / 100
}

/** Of all processes of PostgreSQL that live now, by pid: a session that ends takes its time with it. */
export async function postgresCpuSeconds(databaseUrl: string): Promise<ReadonlyMap<number, number>> {
  const sessions = await query<{ pid: number }>(databaseUrl, 'select pid from pg_stat_activity')
  const seconds = new Map<number, number>()
  for (const { pid } of sessions) {
    const its = await cpuSeconds(pid)
    if (its !== null) seconds.set(pid, its)
  }
  return seconds
}

/** Spent between two looks; what a session spent that was there at one of them only is not known in full. */
export function spentBetween(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>
): number {
  let spent = 0
  for (const [pid, seconds] of after) spent += seconds - (before.get(pid) ?? 0)
  return spent
}
