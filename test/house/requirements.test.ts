// Each requirement of documents 000, 002, 003 and 004 is a row of docs/compatibility.md that names a test, and the test names it.
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { REQUIREMENTS } from './requirements.ts'
import { sourceAt } from './sources.ts'

const DONE = 'done'
/** For what a product does that is no part of the document: the form is the API's, what it is for is done. */
const IN_OUR_FORM = 'done, in the contract’s form'
const OTHERWISE = 'decided otherwise'

const SHEET = new URL('../../../shared/reference/seed-requirements.md', import.meta.url)

const { text } = await sourceAt('docs/compatibility.md')
const table = text.slice(text.indexOf('\n## Requirements of the documents'))
const rows = [
  ...table.matchAll(
    /^\| (R\d{3}-\d+) +\| (\w+) +\| ([^|]+?) +\| ([^|]+?) +\| \[[^\]]+\]\(\.\.\/(test\/[^)]+)\) +\|$/gm
  )
].map(([, number = '', marks = '', state = '', what = '', file = '']) => ({
  number,
  marks,
  state,
  what,
  file
}))

t.test(
  'every requirement has one row, with the marks of its sheet, and every row is a requirement',
  async t => {
    t.same(
      rows.map(({ number, marks }) => [number, marks]),
      [...REQUIREMENTS]
    )
    t.equal((table.match(/^\| R\d{3}-/gm) ?? []).length, rows.length, 'no row is of another form')
  }
)

t.test(
  'what the document says is done, and decided otherwise is only what was inferred or proposed',
  async t => {
    for (const { number, marks, state } of rows) {
      t.ok([DONE, IN_OUR_FORM, OTHERWISE].includes(state), `${number} is ${state}`)
      if (state === OTHERWISE) t.match(marks, /[IP]/, number)
      if (state === IN_OUR_FORM) t.match(marks, /^D/, number)
    }
  }
)

t.test('the test of each row is there and names its requirement', async t => {
  for (const { number, file } of rows) {
    t.match(file, /\.ts$/)
    const code = (await sourceAt(file)).text
    t.match(code, new RegExp(`'[^'\n]*\\b${number}\\b`), `${file} names ${number}`)
  }
})

t.test(
  'the numbers and marks are those of the sheet',
  { skip: existsSync(SHEET) ? false : 'it is not here' },
  t => {
    const sheet = readFileSync(SHEET, 'utf8')
    const found = [...sheet.matchAll(/(\*\*|^\| )(R\d{3}-\d+)(?= \[)/gm)]
    const told = found.map((match, at) => {
      // A paragraph or list item, or a row of a table; what the mark says of a part of it counts too.
      const until = match[1] === '**' ? '\n\n' : '\n'
      const [entry = ''] = sheet.slice(match.index, found[at + 1]?.index).split(until, 1)
      const given = [...entry.matchAll(/\[([SDIP](?:\+[SDIP])?)\]/g)].map(([, mark]) => mark).join('')
      return [match[2], ['S', 'D', 'I', 'P'].filter(mark => given.includes(mark)).join('')]
    })
    t.same(told, [...REQUIREMENTS])
    t.end()
  }
)
