// The house rules that a reviewer would otherwise have to remember: each is one test that names what breaks it.
import t from 'tap'
import {
  ALONE,
  ALSO_MAY_IMPORT,
  DRAWERS,
  LONG_ON_PURPOSE,
  LONGEST,
  LONGEST_README,
  MAY_IMPORT,
  OPEN_TO_ALL,
  PACKAGES,
  ROOTS,
  WORDS
} from './house/floor-plan.ts'
import { codeOf, exists, importsOf, roomsIn, sourceAt, sourcesIn } from './house/sources.ts'

const src = await sourcesIn('src')
const rooms = await roomsIn('src')

/** `src/store/units.ts` → `store`; `null` for main.ts and app.ts. */
const roomOf = (path: string) => (path.split('/').length > 2 ? path.split('/')[1]! : null)
const inSrc = (path: string) => path.slice('src/'.length)
const isAt = (path: string, places: readonly string[]) =>
  places.some(place => (place.endsWith('/') ? inSrc(path).startsWith(place) : inSrc(path) === place))

function mayImport(path: string): readonly string[] {
  const room = roomOf(path)!
  const allowed = ALONE[room] ?? [...OPEN_TO_ALL, ...(MAY_IMPORT[room] ?? [])]
  const more = Object.entries(ALSO_MAY_IMPORT).flatMap(([place, names]) => (isAt(path, [place]) ? names : []))
  return [room, ...allowed, ...more]
}

t.test('there are sources to judge', async t => {
  t.ok(src.length > 100)
  t.ok(rooms.includes('store'))
})

t.test('every folder of src is a room on the plan, and every file outside of them is a root', async t => {
  t.same(
    rooms.filter(room => !Object.hasOwn(MAY_IMPORT, room)),
    []
  )
  t.same(
    src.filter(({ path }) => roomOf(path) === null && !ROOTS.includes(inSrc(path))).map(({ path }) => path),
    []
  )
})

t.test('imports between rooms go down only, as the plan says (docs/adr/0001-floor-plan.md)', async t => {
  const wrong = src
    .filter(({ path }) => roomOf(path) !== null)
    .flatMap(source => {
      const allowed = mayImport(source.path)
      return importsOf(source)
        .filter(name => name.startsWith('src/') && !allowed.includes(roomOf(name) ?? inSrc(name)))
        .map(name => `${source.path}: ${roomOf(source.path)} -> ${roomOf(name) ?? inSrc(name)} (${name})`)
    })
  t.same(wrong, [])
})

t.test('no source imports tests, scripts, samples or anything else outside of src', async t => {
  const wrong = src.flatMap(source =>
    importsOf(source)
      .filter(name => /^(test|scripts|demo|bench|jsl-samples|docs|dev)\//.test(name) || name.startsWith('..'))
      .map(name => `${source.path}: ${name}`)
  )
  t.same(wrong, [])
})

t.test('the plan itself has no cycle: each room only imports rooms that stand below it', async t => {
  const order = Object.keys(MAY_IMPORT)
  const upward = Object.entries(MAY_IMPORT).flatMap(([room, below]) =>
    below.filter(other => order.indexOf(other) <= order.indexOf(room)).map(other => `${room} -> ${other}`)
  )
  t.same(upward, [])
})

t.test('a package that belongs to one room is imported there only', async t => {
  const wrong = src.flatMap(source =>
    importsOf(source).flatMap(name => {
      const owner = Object.keys(PACKAGES).find(
        owned => name === owned || name.startsWith(`${owned}/`) || name.startsWith(`@${owned}/`)
      )
      return owner === undefined || isAt(source.path, PACKAGES[owner]!) ? [] : [`${source.path}: ${name}`]
    })
  )
  t.same(wrong, [])
})

for (const { says, pattern, only } of WORDS)
  t.test(says, async t => {
    const wrong = src.filter(source => !isAt(source.path, [only]) && pattern.test(codeOf(source)))
    t.same(
      wrong.map(({ path }) => path),
      []
    )
  })

t.test(`no file has more than ${LONGEST} lines, but for those with a reason`, async t => {
  const folders = ['src', 'test', 'demo', 'scripts', 'bench', 'jsl-samples']
  const files = (await Promise.all(folders.map(folder => sourcesIn(folder)))).flat()
  const long = files.flatMap(({ path, text }) => {
    const lines = text.replace(/\n$/, '').split('\n').length
    return lines > LONGEST ? [{ path, lines }] : []
  })
  t.same(
    long
      .filter(({ path }) => !Object.hasOwn(LONG_ON_PURPOSE, path))
      .map(({ path, lines }) => `${path}: ${lines}`),
    []
  )
  t.same(
    Object.entries(LONG_ON_PURPOSE).filter(
      ([path, reason]) => reason === '' || !long.some(file => file.path === path)
    ),
    [],
    'each exception has a reason and is still needed'
  )
})

t.test('every source begins with a comment that says why it is there', async t => {
  const files = [
    ...src,
    ...(await sourcesIn('scripts')),
    ...(await sourcesIn('demo')),
    ...(await sourcesIn('bench'))
  ]
  t.same(
    files.filter(({ text }) => !/^(#!.*\n)?(\/\/ \S|\/\*)/.test(text)).map(({ path }) => path),
    []
  )
})

t.test('files have kebab-case names, and no folder is a drawer', async t => {
  const files = [...src, ...(await sourcesIn('test')), ...(await sourcesIn('scripts'))]
  const parts = files.flatMap(({ path }) => path.split('/').map(part => ({ path, part })))
  t.same(
    parts
      .filter(({ part }) => DRAWERS.includes(part.replace(/(\.test)?\.ts$/, '')) || part === 'index.ts')
      .map(({ path }) => path),
    []
  )
  t.same(
    files
      .filter(({ path }) => !/^[a-z0-9-]+(\.test)?\.tsx?$/.test(path.split('/').at(-1)!))
      .map(({ path }) => path),
    []
  )
})

t.test(`every room has a README of at most ${LONGEST_README} lines`, async t => {
  for (const room of rooms) {
    const path = `src/${room}/README.md`
    if (!exists(path)) {
      t.fail(`${path} is missing`)
      continue
    }
    const lines = (await sourceAt(path)).text.trimEnd().split('\n').length
    t.ok(lines <= LONGEST_README, `${path} has ${lines} lines`)
  }
})
