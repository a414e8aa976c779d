// A server, the application `field-notes` and its ledger: what people complained of elsewhere is tried here from outside.
import path from 'node:path'
import type { Test } from 'tap'
import { batchClient, type Json } from '../../support/batch-client.ts'
import { ledgerOf, makeLedger } from '../../support/ledger.ts'
import { serverPlace, startServer } from '../../support/server-process.ts'

export interface Ran {
  readonly instanceId: number
  /** As the API answers it, with its steps. */
  readonly execution: Json
  /** The step executions with their counters, by step name. */
  readonly steps: Readonly<Record<string, Json>>
}

type Parameters = Readonly<Record<string, string>>

/** A job of one chunk step; `partition` is its partition element, `classes` its exception lists. */
export function chunkJob({ partition = '', classes = '', attributes = 'item-count="5"' } = {}): string {
  const offset = `<properties><property name="offset" value="#{partitionPlan['offset']}"/></properties>`
  return `<job id="complaint" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0"><step id="load">
    <chunk ${attributes}><reader ref="Range">${offset}</reader><processor ref="Picky"/><writer ref="rangeWriter"/>${classes}</chunk>
    ${partition}</step></job>`
}

export const MAPPED =
  '<partition><mapper ref="rangeMapper"/><collector ref="written"/><analyzer ref="tally"/></partition>'

export async function fieldNotes(t: Test, environment: Parameters = {}) {
  const place = await serverPlace(t)
  await makeLedger(place.database.db)
  const server = await startServer(t, place, {
    BATCH_APPS_DIR: path.join(import.meta.dirname, '../../support/applications'),
    ...environment
  })
  const client = batchClient(server)

  async function ended(instanceId: number): Promise<Ran> {
    const execution = await client.ended(instanceId)
    const found = (await client.get(`/jobexecutions/${execution.executionId}/stepexecutions`)) as Json[]
    const steps = found.filter(one => one.stepName !== undefined).map(one => [one.stepName as string, one])
    return { instanceId, execution, steps: Object.fromEntries(steps) as Ran['steps'] }
  }

  async function run(jobXML: string, jobParameters: Parameters = {}): Promise<Ran> {
    const body = { applicationName: 'field-notes', jobXML, jobParameters }
    const answer = await client.call('POST', '/jobinstances', body)
    if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`)
    return await ended(answer.json.instanceId as number)
  }

  async function restart({ instanceId }: Ran, jobParameters: Parameters = {}): Promise<Ran> {
    const answer = await client.call('PUT', `/jobinstances/${instanceId}?action=restart`, { jobParameters })
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
    return await ended(instanceId)
  }

  /** Every row is there once, and they are so many. */
  async function hasRows(t: Test, { instanceId }: Ran, rows: number): Promise<void> {
    const found = await ledgerOf(place.database.db, instanceId)
    t.match(found, { rows, distinct: rows }, `${rows} rows, each once`)
  }

  return { client, run, restart, hasRows }
}
