// What a client may call a part of a job log, however it is spelled, and that no spelling leads out of the log.
import { readdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import type { JobExecutionView } from '../../../src/http/liberty/view/job-execution.ts'
import type { Link } from '../../../src/http/liberty/view/link.ts'
import { buildApp } from '../../support/build-app.ts'
import { BATCH, ended, get, submit } from './real-app.ts'

const { http, directory } = await buildApp(t)
const applicationName = 'SimpleBatchJob'
const SECRET = 'what no job log says'

/** Names a step may have, and a file system or a reader of paths may not like. */
const NAMES = [
  'plain',
  'PLAIN',
  'a..b',
  'ends.',
  '_..',
  'CON',
  'nul.txt',
  'part.1.log',
  'partition.0',
  'step.x',
  'split.s',
  'é',
  'e\u0301',
  'ᅟ',
  '마'.repeat(128),
  '마'.repeat(127) + '감',
  'x'.repeat(128)
]
const [LEFT, RIGHT] = ['flow.' + '왼'.repeat(100), '오른쪽']
const step = (id: string, next?: string) =>
  `<step id="${id}"${next === undefined ? '' : ` next="${next}"`}><batchlet ref="simpleBatchlet"/>
    <partition><plan partitions="1"/></partition></step>`
const flow = (id: string) =>
  `<flow id="${id}"><step id="in.${id.slice(0, 90)}"><batchlet ref="simpleBatchlet"/>
    <partition><plan partitions="1"/></partition></step></flow>`
const jobXML = `<job id="${'이름 없는'.replace(' ', '_')}.${'j'.repeat(240)}">
  ${NAMES.map((name, at) => step(name, NAMES[at + 1] ?? 'both')).join('\n')}
  <split id="both">${flow(LEFT)}${flow(RIGHT)}</split></job>`

const { instanceId } = await submit(http, { applicationName, jobXML })
const execution: JobExecutionView = await ended(http, instanceId)
const logs = `/jobexecutions/${execution.executionId}/joblogs`
const part = (text: string) => http.inject(`${BATCH}${logs}?part=${text}`)

t.test('an id that would be a path, or no name at all, is refused with its job', async t => {
  for (const id of [
    'a/b',
    '..',
    '../../x',
    'a\\b',
    '%2e%2e',
    '.hidden',
    '💥',
    'a b',
    'con:',
    '-rf',
    '\u2215',
    ''
  ]) {
    const jobXML = `<job id="names"><step id="${id}"><batchlet ref="noopBatchlet"/></step></job>`
    const answer = await http.inject({
      method: 'POST',
      url: `${BATCH}/jobinstances`,
      payload: { applicationName, jobXML }
    })
    t.match(answer.json(), { status: 400, code: 'JslInvalid' }, id)
  }
})

t.test('a step of any name has its own part, and its link finds it', async t => {
  t.equal(execution.batchStatus, 'COMPLETED')
  const links = await get<Link[]>(http, logs)
  const texts = links.filter(({ rel }) => rel === 'joblog part text').map(({ href }) => new URL(href))
  t.equal(texts.length, 1 + NAMES.length + 2 + 2, 'the job, its partitions, two flows, their partitions')
  t.equal(new Set(texts.map(({ search }) => search)).size, texts.length)
  const bodies = await Promise.all(
    texts.map(async url => (await http.inject(url.pathname + url.search)).body)
  )
  for (const name of NAMES)
    t.equal(bodies.filter(body => body.includes(`simpleBatchlet in step ${name}:`)).length, 1, name)
  for (const url of links.filter(({ rel }) => rel === 'joblog part zip').map(({ href }) => new URL(href))) {
    const answer = await http.inject(url.pathname + url.search)
    t.equal(answer.statusCode, 200)
    t.match(answer.headers['content-disposition'], /^attachment; filename="joblogs\.[\w.-]{1,210}\.zip"$/)
  }
  t.match(execution.logpath, directory)
  const folders = await readdir(execution.logpath, { recursive: true })
  t.ok(folders.every(folder => folder.split('/').every(one => Buffer.byteLength(one) <= 255)))
})

t.test(
  'a part is found under the plain name of its step, as the document and the product write it',
  async t => {
    for (const name of NAMES)
      for (const asked of [
        `step.${name}/partition.0/part.1.log`,
        `${name}/0/part.1.log`,
        `${name}\\0\\part.1.log`,
        `step.${name}\\partition.0/part.1.log`
      ])
        t.match((await part(encodeURIComponent(asked))).body, `simpleBatchlet in step ${name}:`, asked)
    for (const asked of [`split.both/flow.${LEFT}/part.1.log`, `both/${LEFT}/part.1.log`])
      t.equal((await part(encodeURIComponent(asked))).statusCode, 200, asked)
    t.match(
      (await part(encodeURIComponent(`split.both/flow.${RIGHT}/step.in.${RIGHT}/partition.0/part.1.log`)))
        .body,
      `simpleBatchlet in step in.${RIGHT}:`
    )
  }
)

/** As the directory of the zip has them. */
function namesIn(zip: Buffer): string[] {
  const names: string[] = []
  const signature = Buffer.from('PK\u0001\u0002', 'latin1')
  for (let at = zip.indexOf(signature); at !== -1; at = zip.indexOf(signature, at + 46))
    names.push(zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28)))
  return names
}

t.test('the zip has the folders of the log, and the names of the frames in the text', async t => {
  for (const [url, first] of [
    [logs, `execution.${execution.executionId}/part.1.log`],
    [
      `/jobinstances/${instanceId}/joblogs`,
      `instance.${instanceId}/execution.${execution.executionId}/part.1.log`
    ]
  ] as const) {
    const { rawPayload } = await http.inject(`${BATCH}${url}?type=zip`)
    const names = namesIn(rawPayload)
    const { body } = await http.inject(`${BATCH}${url}?type=text`)
    const [begin, end] = ['Begin', 'End'].map(word =>
      [...body.matchAll(new RegExp(`^x{5} ${word} file: (.+) x{18}$`, 'gm'))].map(([, name]) => name)
    )
    t.same(begin, end)
    t.same(names, begin)
    t.equal(begin![0], first)
  }
})

t.test('no spelling of a path leads out of the log of this execution', async t => {
  await writeFile(path.join(directory, 'secret.log'), SECRET)
  await writeFile(path.join(directory, 'joblogs', 'part.1.log'), SECRET)
  await writeFile(path.join(execution.logpath, 'notes.log'), SECRET)
  await symlink(path.join(directory, 'secret.log'), path.join(execution.logpath, 'part.77.log'))
  const other = await submit(http, { applicationName, jobXMLName: 'test_batchlet_jsl' })
  const { executionId, logpath } = await ended(http, other.instanceId)
  const ways = (target: string) => [
    target,
    `./${target}`,
    `part.1.log/../${target}`,
    `step.plain/../${target}`,
    `step.plain/partition.0/../../${target}`,
    `/${target}`,
    `\\${target}`,
    `//${target}`,
    `file:///${target}`,
    `${target}\0`,
    `${target}\0part.1.log`,
    `${target}/`,
    `${target}.`,
    `${target} `
  ]
  const targets = [
    'notes.log',
    'part.77.log',
    '../'.repeat(4) + 'part.1.log',
    '../'.repeat(5) + 'secret.log',
    '../'.repeat(20) + 'etc/passwd',
    path.relative(execution.logpath, path.join(logpath, 'part.1.log')),
    path.join(logpath, 'part.1.log'),
    `../execution.${executionId}/part.1.log`,
    `execution.${execution.executionId}/part.1.log`
  ]
  const encodings: ((text: string) => string)[] = [
    encodeURIComponent,
    text => encodeURIComponent(text).replaceAll('.', '%2e').replaceAll('%2F', '/'),
    text => encodeURIComponent(text.replaceAll('/', '\\')),
    text => encodeURIComponent(encodeURIComponent(text).replaceAll('.', '%2e')),
    text => encodeURIComponent(text.replaceAll('/', '\u2215').replaceAll('.', '\uff0e')),
    text => encodeURIComponent(text).replaceAll('.', '%c0%ae').replaceAll('%2F', '%c0%af'),
    text => encodeURIComponent(text).replaceAll('.', '%u002e').replaceAll('%2F', '%u2215'),
    text => encodeURIComponent(text.replaceAll('../', '....//')),
    text => encodeURIComponent(text.replaceAll('../', '..;/'))
  ]
  for (const asked of new Set(targets.flatMap(ways).flatMap(text => encodings.map(encode => encode(text)))))
    for (const type of ['text', 'zip']) {
      const { statusCode, body } = await http.inject(`${BATCH}${logs}?part=${asked}&type=${type}`)
      if (statusCode !== 404 && statusCode !== 400) t.fail(`${statusCode} ${asked}: ${body.slice(0, 200)}`)
      if (body.includes(SECRET) || body.includes('root:')) t.fail(asked)
    }
  t.notMatch((await http.inject(`${BATCH}${logs}?type=text`)).body, SECRET)
  t.notMatch(JSON.stringify(await get(http, logs)), /notes|part\.77/)
  for (const id of [`..%2f${executionId}`, `${executionId}%2f..`, `${executionId}%00`, `.%2f${executionId}`])
    t.ok(
      [400, 404].includes((await http.inject(`${BATCH}/jobexecutions/${id}/joblogs?type=text`)).statusCode)
    )
})

t.test('of two parts the first counts, and an instance has none to choose', async t => {
  t.equal((await part('part.1.log&part=nope')).statusCode, 200)
  t.equal((await part('nope&part=part.1.log')).statusCode, 404)
  const whole = await http.inject(`${BATCH}/jobinstances/${instanceId}/joblogs?type=text&part=nope`)
  t.match(whole.body, /^xxxxx Begin file: instance\./)
})

t.test('what a client accepts is not asked', async t => {
  const types = { '': 'application/json', '?type=text': 'text/plain', '?type=zip': 'application/zip' }
  for (const accept of [
    'application/zip, text/plain',
    'image/png',
    '*/*;q=0',
    'application/json',
    '',
    'no sense'
  ])
    for (const [query, type] of Object.entries(types))
      for (const url of [`${logs}${query}`, `/jobinstances/${instanceId}/joblogs${query}`]) {
        const answer = await http.inject({ url: `${BATCH}${url}`, headers: { accept } })
        t.equal(answer.statusCode, 200, `${accept} ${url}`)
        t.match(answer.headers['content-type'], type)
        t.notMatch(String(answer.headers['content-type']), '"')
        t.equal(answer.headers['content-disposition'] === undefined, type !== 'application/zip')
      }
})
