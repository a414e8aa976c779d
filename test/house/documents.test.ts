// Documents that a change of the sources makes wrong are worse than none: what can be compared is compared.
import { readFile } from 'node:fs/promises'
import { posix } from 'node:path'
import t from 'tap'
import { printedDocs } from '../../scripts/printed-docs.ts'
import { exists, type Source, sourceAt, sourcesIn } from './sources.ts'

const TOP = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md']

async function documents(): Promise<Source[]> {
  const below = await Promise.all(
    ['docs', 'src', 'jsl-samples', 'test'].map(folder => sourcesIn(folder, '.md'))
  )
  return [...(await Promise.all(TOP.map(sourceAt))), ...below.flat()]
}

/** GitHub's anchors of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
  )
}

t.test('every link in a document leads somewhere', async t => {
  const wrong: string[] = []
  for (const { path, text } of await documents())
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target!)) continue
      const [file, anchor] = target!.split('#')
      const at = file === '' ? path : posix.join(posix.dirname(path), file!)
      if (!exists(at)) wrong.push(`${path}: ${target}`)
      else if (anchor !== undefined && !anchorsOf((await sourceAt(at)).text).includes(anchor))
        wrong.push(`${path}: ${target} (no such heading)`)
    }
  t.same(wrong, [])
})

t.test('every document of docs/ can be reached from the README', async t => {
  const seen = new Set<string>()
  const toRead = ['README.md']
  for (let path = toRead.pop(); path !== undefined; path = toRead.pop()) {
    if (seen.has(path) || !exists(path)) continue
    seen.add(path)
    if (!path.endsWith('.md')) continue
    for (const [, target] of (await sourceAt(path)).text.matchAll(/\]\(([^)\s#]+)/g))
      if (!/^[a-z]+:/.test(target!)) toRead.push(posix.join(posix.dirname(path), target!))
  }
  const lost = (await sourcesIn('docs', '.md')).map(({ path }) => path).filter(path => !seen.has(path))
  t.same(lost, [])
})

t.test(
  'settings stand in docs/configuration.md and .env.example as the server has them (npm run docs:print)',
  async t => {
    for (const { path, found, expected } of await printedDocs()) t.equal(found, expected, path)
  }
)

t.test(
  'every packaged sample is a row of the matrix in jsl-samples/README.md, and every row is a sample',
  async t => {
    const { text } = await sourceAt('jsl-samples/README.md')
    const rows = [...text.matchAll(/^\| (?:`(\w+)`|\*\*(\w+)\*\*) /gm)].map(
      ([, job, application]) => job ?? `${application}/`
    )
    const samples = (await sourcesIn('jsl-samples', '.xml'))
      .map(({ path }) => /^jsl-samples\/([^/]+)\/batch-jobs\/(.+)\.xml$/.exec(path))
      .filter(match => match !== null)
    const inMatrix = (application: string) => {
      const begin = rows.indexOf(`${application}/`)
      const end = rows.findIndex((row, at) => at > begin && row.endsWith('/'))
      return begin === -1 ? [] : rows.slice(begin + 1, end === -1 ? undefined : end)
    }
    for (const application of new Set([
      ...samples.map(([, name]) => name!),
      ...rows.filter(row => row.endsWith('/')).map(row => row.slice(0, -1))
    ]))
      t.same(
        inMatrix(application).toSorted(),
        samples
          .filter(([, name]) => name === application)
          .map(([, , job]) => job!)
          .toSorted(),
        application
      )
  }
)

t.test('the README is read in a minute: at most 60 lines', async t => {
  t.ok((await sourceAt('README.md')).text.trimEnd().split('\n').length <= 60)
})

t.test('every room stands in the table of the README', async t => {
  const { text } = await sourceAt('README.md')
  const rooms = new Set(
    (await sourcesIn('src'))
      .map(({ path }) => path.split('/'))
      .filter(parts => parts.length > 2)
      .map(parts => parts[1]!)
  )
  t.same(
    [...rooms].filter(room => !text.includes(`(src/${room}/README.md)`)),
    []
  )
})

t.test('every npm script that a document names exists', async t => {
  const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    scripts: Record<string, string>
  }
  const wrong = (await documents()).flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm run ([a-z:]+)/g)]
      .filter(([, name]) => !Object.hasOwn(scripts, name!))
      .map(([whole]) => `${path}: ${whole}`)
  )
  t.same(wrong, [])
})

t.test('decisions are numbered without a double, and each says what would change it', async t => {
  const decisions = await sourcesIn('docs/adr', '.md')
  const numbers = decisions.map(({ path }) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]))
  t.same(numbers.length, new Set(numbers).size)
  for (const { path, text } of decisions)
    for (const heading of ['Context', 'Options', 'Decision', 'What would change our mind'])
      t.ok(text.includes(`\n## ${heading}\n`), `${path}: ${heading}`)
})

t.test('every rule of the engine that a comment or a test cites stands in docs/engine.md', async t => {
  const rules = new Set((await sourceAt('docs/engine.md')).text.match(/(?<=^## )E\d+(?= )/gm))
  const cited = (
    await Promise.all(
      ['src', 'test', 'migrations'].map(folder => sourcesIn(folder, folder === 'migrations' ? '.sql' : '.ts'))
    )
  )
    .flat()
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\bE(\d{1,2})\b(?=[,):;. ])/g)].map(([rule]) => ({ path, rule }))
    )
  t.ok(cited.length > 30, `${cited.length}`)
  t.same(
    cited.filter(({ rule }) => !rules.has(rule)),
    []
  )
})
