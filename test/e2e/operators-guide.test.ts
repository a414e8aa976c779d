// The operator's guide is true: its commands are run in its order, by a shell, with the real curl, against real servers.
import { execFile } from 'node:child_process'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { serverPlace, type ServerProcess, spawnServer, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const GUIDE = await readFile(path.join(ROOT, 'docs/operators.md'), 'utf8')

/** As the guide writes them; tests have other ports. */
const PLAIN = '127.0.0.1:9080'
const SECURE = 'localhost:9443'

interface Command {
  readonly line: number
  readonly text: string
  /** Null where the command is none of HTTP. */
  readonly status: string | null
  /** What its answer has somewhere. */
  readonly piece: string
  readonly exit: number
}

/** `# 200 piece; exit 28`, `# 200`, `# exit 35`: what stands below a command. */
const OUTCOME = /^# (?:(?<status>[1-5]\d\d)(?: (?<piece>.*?))?(?:; exit (?<late>\d+))?|exit (?<exit>\d+))$/

function commandsOf(guide: string): Command[] {
  const commands: Command[] = []
  let [inside, text] = [false, '']
  for (const [at, line] of guide.split('\n').entries()) {
    if (line.startsWith('```')) {
      if (text.trim() !== '') throw new Error(`line ${at}: no outcome stands below ${text}`)
      inside = line === '```sh'
    } else if (inside) {
      const { status, piece = '', late, exit } = OUTCOME.exec(line)?.groups ?? {}
      if (status === undefined && exit === undefined) {
        text += `${line}\n`
        continue
      }
      commands.push({ line: at + 1, text, status: status ?? null, piece, exit: Number(exit ?? late ?? 0) })
      text = ''
    }
  }
  return commands
}

const place = await serverPlace(t)
const work = path.join(place.directory, 'work')
await mkdir(work)
/** Port by the address in the guide. */
const ports = new Map<string, number>()
const servers: ServerProcess[] = []

/** Each is started when the guide first speaks of it, as its reader would. */
async function serverFor(text: string): Promise<void> {
  if (text.includes(PLAIN) && !ports.has(PLAIN)) {
    const server = await startServer(t, place)
    servers.push(server)
    ports.set(PLAIN, Number(new URL(server.url).port))
  }
  if (text.includes(SECURE) && !ports.has(SECURE)) {
    const server = spawnServer(t, await serverPlace(t), {
      BATCH_USERS_FILE: path.join(work, 'users'),
      BATCH_TLS: 'self-signed',
      BATCH_DATA_DIR: path.join(work, '.batchyard')
    })
    servers.push(server)
    const [, port] = await server.says(/Server listening at https:\S+?:(\d+)/)
    await server.says(/"msg":"ready"/)
    ports.set(SECURE, Number(port))
  }
}

const PRELUDE = `set -euo pipefail
curl() { command curl --silent --show-error --write-out '%{stderr}<%{http_code}>' "$@"; }
batchyard() { '${process.execPath}' '${path.join(ROOT, 'src/cli/batchyard.ts')}' "$@"; }
`

interface Outcome {
  readonly exit: number
  readonly status: string | null
  readonly answer: string
}

async function run(text: string): Promise<Outcome> {
  await serverFor(text)
  let here = text
  for (const [address, port] of ports) here = here.replaceAll(address, address.replace(/:\d+$/, `:${port}`))
  const environment = Object.entries(process.env).filter(([name]) => !/^(NODE_|TAP|BATCH)/.test(name))
  return new Promise(resolve => {
    const options = { cwd: work, env: Object.fromEntries(environment), encoding: 'utf8' } as const
    execFile('bash', ['-c', PRELUDE + here], options, (error, stdout, stderr) => {
      const exit = error === null ? 0 : Number(error.code)
      resolve({ exit, status: /<(\d{3})>/.exec(stderr)?.[1] ?? null, answer: stdout + stderr })
    })
  })
}

const commands = commandsOf(GUIDE)

t.test('each command of the guide has its outcome below it, and there are many', async t => {
  for (const { line, text, status } of commands)
    t.equal(text.match(/^(?:\w+=\S+ )?curl /gm)?.length ?? 0, status === null ? 0 : 1, `line ${line}`)
  t.ok(commands.length > 50, `${commands.length}`)
})

for (const { line, text, status, piece, exit } of commands)
  t.test(`line ${line}: ${status ?? `exit ${exit}`} ${piece}`, async t => {
    const wanted = (outcome: Outcome) =>
      outcome.exit === exit && outcome.status === status && outcome.answer.includes(piece)
    let outcome = await run(text)
    // A job needs its time. Only what changes nothing is asked again.
    if (!wanted(outcome) && !/ -d | -F | -X |batchyard (submit|user)/.test(text))
      await until(text, async () => wanted((outcome = await run(text)))).catch(() => {})
    t.ok(wanted(outcome), `${text}\n${JSON.stringify(outcome)}`)
  })

t.test('and the servers end as they should', async t => {
  for (const server of servers) t.equal((await server.stop()).code, 0)
})
