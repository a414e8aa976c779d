// Numbers written to ledger.entry together with who wrote them: the unit, its epoch and the server, as PostgreSQL knows them.
import { execFileSync } from 'node:child_process'
import type { Injected, ItemReader } from '../../../../src/batch/artifacts.ts'

/** 1 to property `items`, `millis` apart. */
export class Numbers implements ItemReader<number, number> {
  readonly #injected: Injected
  #last = 0

  constructor(injected: Injected) {
    this.#injected = injected
  }

  open(checkpoint: number | null): void {
    this.#last = checkpoint ?? 0
  }

  async readItem(): Promise<number | null> {
    const { properties } = this.#injected
    if (this.#last === Number(properties['items'])) return null
    await new Promise(resolve => setTimeout(resolve, Number(properties['millis'])))
    return ++this.#last
  }

  checkpointInfo(): number {
    return this.#last
  }
}

/**
 * What stands in a row that was committed is true of its commit: an epoch only grows, it was the claim's when the claim was made,
 * and it is the claim's when the commit is let through.
 */
const INSERT = `
  insert into ledger.entry (instance_id, step, partition_number, n, unit_id, epoch, session)
  select $1, $2, $3, n, u.unit_id, u.epoch, current_setting('application_name')
  from unnest($4::integer[]) n left join lateral (
    select unit_id, epoch from batchyard.unit
    where $3::integer is not null and step_execution_id = $5 and partition_number = $3
      or $3::integer is null and unit_id = (select unit_id from batchyard.step_execution where step_execution_id = $5)
  ) u on true`

export async function ledgerWriter(
  items: number[],
  { connection, jobContext, partitionNumber, stepContext }: Injected
): Promise<void> {
  const { stepName, stepExecutionId } = stepContext
  await connection.query(INSERT, [jobContext.instanceId, stepName, partitionNumber, items, stepExecutionId])
}

/** Ends the whole server in the middle of the chunk that has number `at`, as a crash of Node or of a native module would. */
export function deadlyWriter(items: number[], injected: Injected): Promise<void> {
  // Not by process.kill: the server's own threads refuse that.
  if (items.includes(Number(injected.properties['at']))) execFileSync('kill', ['-9', String(process.pid)])
  return ledgerWriter(items, injected)
}
