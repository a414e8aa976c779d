// shellBatchlet with real processes: what they are given, what their ends come to, and that none of them is left.
import { readFile, realpath } from 'node:fs/promises'
import t from 'tap'
import type { Batchlet } from '../../../src/batch/artifacts.ts'
import { folderWith } from '../support.ts'
import { builtIn, type BuiltInOf } from './built-in.ts'
import { allGone, idsIn, isAtWork, scriptOfThree } from './processes.ts'

const ON = { shell: 'packaged', shellEnvironment: { PATH: process.env.PATH!, LANG: 'C.UTF-8' } } as const
const run = async (properties: Record<string, string>, of: Partial<BuiltInOf> = {}) =>
  await builtIn<Batchlet>('shellBatchlet', { settings: ON, ...of, properties }).process()

async function linesOf(properties: Record<string, string>, of: Partial<BuiltInOf> = {}): Promise<string[]> {
  const lines: string[] = []
  await run(properties, { ...of, lines })
  return lines.slice(1, -1)
}

t.test('it runs for nobody unless the server allows it, and inline only where that is said too', async t => {
  const file = `${await folderWith(t, {})}/ran`
  const properties = { command: 'touch', arguments: JSON.stringify([file]) }
  await t.rejects(run(properties, { settings: {} }), /BATCH_SHELL is off/)
  await t.rejects(run(properties, { inline: true }), /BATCH_SHELL is packaged/)
  await t.rejects(readFile(file))
  t.equal(await run(properties), undefined)
  t.equal(await readFile(file, 'utf8'), '')
  t.same(
    await linesOf(
      { command: 'echo', arguments: '["a"]' },
      { inline: true, settings: { ...ON, shell: 'inline' } }
    ),
    ['a']
  )
})

t.test('a command is read by no shell, a script by /bin/sh', async t => {
  const list = ['$HOME', '`id`', ';', '*', 'two words', '']
  t.same(await linesOf({ command: 'printf', arguments: JSON.stringify(['%s|', ...list]) }), [
    `${list.join('|')}|`
  ])
  t.same(
    await linesOf({ script: 'for one; do echo "<$one>"; done; echo $((1+2))', arguments: '["a b","c"]' }),
    ['<a b>', '<c>', '3']
  )
  t.same(await linesOf({ script: 'cat; echo "closed: $?"' }), ['closed: 0'], 'its input is empty')
})

t.test(
  'it begins in the application’s folder or the one that is named, inline only in an allowed one',
  async t => {
    const directory = await realpath(await folderWith(t, { 'data/in.csv': '' }))
    t.same(await linesOf({ command: 'pwd' }, { directory }), [directory])
    t.same(await linesOf({ command: 'ls', directory: 'data' }, { directory }), ['in.csv'])
    await t.rejects(run({ command: 'ls', directory: 'gone' }, { directory }), /gone cannot be used/)
    await t.rejects(run({ command: 'ls', directory: 'data/in.csv' }, { directory }), /in\.csv is none/)
    const inline = { directory, inline: true, settings: { ...ON, shell: 'inline' as const } }
    t.same(await linesOf({ command: 'pwd' }, inline), [directory])
    await t.rejects(run({ command: 'ls', directory: 'data' }, inline), /BATCH_INLINE_FOLDERS/)
  }
)

t.test('its environment is the little that is inherited, the job’s identity and what is given', async t => {
  process.env['BATCH_NOT_INHERITED'] = 'hush'
  t.teardown(() => void delete process.env['BATCH_NOT_INHERITED'])
  const lines = await linesOf({ command: 'env', environment: '{"SECRET":"x y","LANG":"ko_KR.UTF-8"}' })
  for (const name of ['BATCH_NOT_INHERITED', 'HOME', 'USER'])
    t.notOk(
      lines.some(line => line.startsWith(`${name}=`)),
      name
    )
  for (const line of ['BATCHYARD_INSTANCE=7', 'LANG=ko_KR.UTF-8', 'SECRET=x y'])
    t.ok(lines.includes(line), line)
  t.same(await linesOf({ script: 'echo $BATCHYARD_PARTITION' }, { injected: { partitionNumber: 4 } }), ['4'])
})

t.test('its exit code is the exit status that is given for it, or fails the step', async t => {
  const exits = (code: number | string, exitStatus?: string) =>
    run({
      script: `echo why >/dev/stderr; exit ${code}`,
      ...(exitStatus === undefined ? {} : { exitStatus })
    })
  t.equal(await exits(0), undefined)
  t.equal(await exits(0, '{"0":"DONE"}'), 'DONE')
  t.equal(await exits(3, '{"3":"NOTHING"}'), 'NOTHING')
  await t.rejects(exits(4, '{"3":"NOTHING"}'), {
    message: 'The command failed with exit code 4. Its last line of errors: why'
  })
  await t.rejects(exits(1), /exit code 1/)
  await t.rejects(exits(1, '{"x":"NOTHING"}'), /exit codes from 0 to 255/)
  await t.rejects(run({ script: 'kill -9 $$' }), /exit code 137/)
  await t.rejects(run({ script: 'kill -9 0' }), /was killed/)
  await t.rejects(run({ script: 'kill -9 $PPID; sleep 0.2' }), /was killed/)
  await t.rejects(run({ command: 'no-such-command' }), /exit code 127.*not found/)
})

t.test('properties that are wrong fail it before anything runs', async t => {
  await t.rejects(run({}), /one of the properties command and script/)
  await t.rejects(run({ command: 'a', script: 'b' }), /one of the properties/)
  await t.rejects(run({ command: 'ls', arguments: '-l' }), /arguments is no JSON/)
  await t.rejects(run({ command: 'ls', arguments: '["a\\u0000"]' }), /NUL/)
  await t.rejects(run({ command: '-c' }), /hyphen/)
  await t.rejects(run({ command: 'ls', comand: 'x' }), /no property comand/)
  await t.rejects(run({ command: 'ls', environment: '{"A=B":"c"}' }), /environment has a name/)
})

t.test('its lines are logged as they come, long ones in pieces, and no argument is', async t => {
  const lines: string[] = []
  await run(
    {
      script:
        'echo out; echo err >&2; printf "\\303\\251\\r\\n"; printf %20000d 0; echo; printf rest; : hush',
      arguments: '["hush"]'
    },
    { lines }
  )
  t.match(lines[0], /^A script begins with 1 arguments\.$/)
  t.match(lines.at(-1), /ended with exit code 0/)
  t.ok(lines.includes('err'))
  const out = lines.slice(1, -1).filter(line => line !== 'err')
  t.same(
    out.map(line => line.length),
    [3, 1, 8192, 8192, 20000 - 2 * 8192, 4]
  )
  t.equal(out[1], 'é')
  t.notMatch(lines.join(), /hush/)
})

t.test('a command that floods its output is read to the end', async t => {
  let count = 0
  const log = { info: () => void count++, warn() {}, error() {} }
  await run({ script: 'yes 0123456789 | head -n 200000' }, { injected: { log } })
  t.equal(count, 200_002)
})

t.test('what a command leaves behind in its group ends with it', async t => {
  const file = `${await folderWith(t, {})}/pid`
  const began = performance.now()
  await run({ script: `sleep 1000 & echo $! >${file}; sleep 1000 >/dev/null 2>&1 & echo $! >>${file}` })
  t.ok(performance.now() - began < 20_000)
  for (const pid of (await readFile(file, 'utf8')).trim().split('\n'))
    t.notOk(await isAtWork(Number(pid)), pid)
})

t.test('a command that kills what watches over it is no way to leave something behind', async t => {
  const file = `${await folderWith(t, {})}/pids`
  const leader = '$(cut -d " " -f 5 /proc/$$/stat)'
  const running = run({ script: scriptOfThree(file).replace(/wait$/, () => `kill -9 ${leader}; wait`) })
  const failed = t.rejects(running, /was killed/)
  await allGone(await idsIn(file))
  await failed
})

for (const [how, begin] of [
  ['a stop ends all processes of the group', ''],
  ['a group that ignores SIGTERM is killed after its grace', 'trap "" TERM']
] as const)
  t.test(how, async t => {
    const file = `${await folderWith(t, {})}/pids`
    const stop = new AbortController()
    const injected = { signal: stop.signal }
    const running = run(
      { script: scriptOfThree(file, begin), graceSeconds: begin === '' ? '3600' : '1' },
      { injected }
    )
    const pids = await idsIn(file)
    t.equal(pids.length, 3)
    stop.abort(new Error('a stop was requested'))
    await t.rejects(running, /a stop was requested/)
    await allGone(pids)
  })

t.test('a command can clean up when it is stopped', async t => {
  const file = `${await folderWith(t, {})}/ready`
  const stop = new AbortController()
  const lines: string[] = []
  const script = `trap 'echo cleaned; exit 9' TERM; echo $$ >${file}.part; mv ${file}.part ${file}; while :; do sleep 0.05; done`
  const running = run({ script }, { injected: { signal: stop.signal }, lines })
  await idsIn(file)
  stop.abort(new Error('a stop was requested'))
  await t.rejects(running, /a stop was requested/)
  t.ok(lines.includes('cleaned'))
  t.match(lines.at(-1), /exit code 9/)
})

t.test('a command that takes too long is ended and fails', async t => {
  const file = `${await folderWith(t, {})}/pids`
  const running = run({ script: scriptOfThree(file), timeoutSeconds: '1' })
  const failed = t.rejects(running, /took longer than 1 s/)
  await allGone(await idsIn(file))
  await failed
})
