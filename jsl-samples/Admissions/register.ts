// Registers the batches of requirement document 004 with a server, by its REST API alone; may be run again at any time:
//   node jsl-samples/Admissions/register.ts [--server http://127.0.0.1:9080] [--call http://127.0.0.1:8090]
//     [--timeZone Europe/Paris] [--user name --passwordFile file] [--show]
// `--show`: the document's screen as the server has it now, and nothing is registered.
// What an administrator has changed since stays as it is: a schedule that is there is left alone, unless it is one of the
// server's own that nobody has edited yet.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Batch, BATCHES, type Work } from './batches.ts'

const { values: options } = parseArgs({
  options: {
    server: { type: 'string', default: 'http://127.0.0.1:9080' },
    /** Where the other systems are called; the server allows it by BATCH_INLINE_URLS. */
    call: { type: 'string', default: 'http://127.0.0.1:8090' },
    timeZone: { type: 'string' },
    user: { type: 'string' },
    passwordFile: { type: 'string' },
    show: { type: 'boolean', default: false }
  }
})

/** In whose name the server's own batches are there until somebody edits them. */
const SERVER = 'BATCHYARD'

const REMOTE_CALL = readFileSync(new URL('remote-call.xml', import.meta.url), 'utf8')

interface Schedule {
  readonly state: 'Active' | 'InActive'
  readonly updatedBy: string
  readonly system: boolean
  readonly createTime: string
  readonly updateTime: string
  readonly [field: string]: unknown
}

interface Answer<T> {
  readonly status: number
  readonly etag: string
  readonly body: T
}

const authorization = credentials()

function credentials(): string | null {
  if (options.user === undefined) return null
  if (options.passwordFile === undefined) throw new Error('--user needs --passwordFile')
  const [password = ''] = readFileSync(options.passwordFile, 'utf8').split('\n', 1)
  return `Basic ${Buffer.from(`${options.user}:${password}`).toString('base64')}`
}

/** Any status in `expected`; another one ends the script with what the server says. */
async function ask<T>(
  method: string,
  path: string,
  {
    body,
    etag,
    expected
  }: { readonly body?: object; readonly etag?: string; readonly expected: readonly number[] }
): Promise<Answer<T>> {
  const answer = await fetch(`${options.server}/api/v1${path}`, {
    method,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(etag === undefined ? {} : { 'if-match': etag })
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  const text = await answer.text()
  if (!expected.includes(answer.status)) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  const json = answer.headers.get('content-type')?.includes('json') === true
  return {
    status: answer.status,
    etag: answer.headers.get('etag') ?? '',
    body: (json ? JSON.parse(text) : text) as T
  }
}

async function registerDefinition({ code, description, work }: Batch): Promise<void> {
  if (work === 'system') return
  const version = { ...sourceOf(work), parameters: parametersOf(work) }
  const { status } = await ask('GET', `/definitions/${code}`, { expected: [200, 404] })
  if (status === 404) {
    const body = { name: code, description, application: 'Admissions', ...version }
    await ask('POST', '/definitions', { body, expected: [201] })
  } else if ('path' in work) {
    const { body: jsl } = await ask<string>('GET', `/definitions/${code}/jsl`, { expected: [200] })
    if (jsl !== REMOTE_CALL)
      await ask('POST', `/definitions/${code}/versions`, { body: version, expected: [201] })
  }
}

function sourceOf(work: Exclude<Work, 'system'>): { jobXMLName: string } | { jsl: string } {
  return 'path' in work ? { jsl: REMOTE_CALL } : { jobXMLName: work.jobXMLName }
}

function parametersOf(work: Exclude<Work, 'system'>) {
  const defaults = 'path' in work ? { url: options.call, path: work.path, max: '0' } : work.parameters
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, { default: value }]))
}

/** What was done, in a word. */
async function registerSchedule(batch: Batch): Promise<string> {
  const { code, label, description, rule, inService } = batch
  const settings = { label, description, when: { rule } }
  const found = await ask<Schedule>('GET', `/schedules/${code}`, { expected: [200, 404] })
  if (found.status === 404) {
    const zone = options.timeZone === undefined ? {} : { timeZone: options.timeZone }
    const body = { name: code, code, definition: code, ...settings, ...zone }
    await ask('POST', '/schedules', { body, expected: [201] })
  } else if (batch.work === 'system' && found.body.updatedBy === SERVER) await edit(code, found, settings)
  else if (!inService || !isUntouched(found.body)) return 'is there'
  if (inService) await ask('POST', `/schedules/${code}/activate`, { expected: [200] })
  return batch.work === 'system' ? 'as in the document' : 'registered'
}

/** Left by a run of this command that was broken off: made, and nothing done with it since. */
function isUntouched({ state, createTime, updateTime, system }: Schedule): boolean {
  return !system && state === 'InActive' && createTime === updateTime
}

const EDITABLE = [
  'code',
  'parameters',
  'start',
  'end',
  'version',
  'overlap',
  'missed',
  'missedLimit',
  'timeZone'
]

async function edit(code: string, found: Answer<Schedule>, settings: object): Promise<void> {
  const inactive =
    found.body.state === 'InActive'
      ? found
      : await ask<Schedule>('POST', `/schedules/${code}/deactivate`, { expected: [200] })
  const { etag } = await ask('GET', `/schedules/${code}`, { expected: [200] })
  const kept = Object.fromEntries(EDITABLE.map(field => [field, inactive.body[field]]))
  const zone = options.timeZone === undefined ? {} : { timeZone: options.timeZone }
  await ask('PUT', `/schedules/${code}`, { body: { ...kept, ...zone, ...settings }, etag, expected: [200] })
}

/** A row of the screen. */
interface Row {
  readonly code: string | null
  readonly label: string | null
  readonly state: Schedule['state']
  readonly programming: { readonly fr: string }
  readonly lastRun: { readonly text: { readonly fr: string } } | null
}

/** In the document's columns and words, sorted by code as there. */
async function showScreen(): Promise<void> {
  const path = '/schedules?name=BATCH_*&limit=1000'
  const { items } = (await ask<{ items: readonly Row[] }>('GET', path, { expected: [200] })).body
  const rows = items
    .toSorted((a, b) => ((a.code ?? '') < (b.code ?? '') ? -1 : 1))
    .map(({ code, label, state, programming, lastRun }) => [
      code ?? '',
      label ?? '',
      state === 'Active' ? 'oui' : 'non',
      programming.fr,
      lastRun?.text.fr ?? ''
    ])
  const table = [['Code', 'Libellé', 'En service', 'Programmation', 'Dernière exécution'], ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map(row => row[column]!.length)))
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd()
    )
}

async function registerAll(): Promise<void> {
  for (const batch of BATCHES) {
    await registerDefinition(batch)
    console.log(`${batch.code.padEnd(24)} ${await registerSchedule(batch)}`)
  }
}

try {
  await (options.show ? showScreen() : registerAll())
} catch (error) {
  const { message, cause } = error as Error
  console.error(
    cause instanceof Error
      ? `No server answers at ${options.server} (${cause.message}): start one with npm start, or say where it is with --server.`
      : message
  )
  process.exitCode = 1
}
