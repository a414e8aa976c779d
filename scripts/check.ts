// `npm run check`: everything a machine can say about the sources, the fast things first. All of it runs, so that one run
// names all there is to mend; what failed is shown in full and named again at the end. `npm run fix` is the same with --fix:
// what tools can mend by themselves.
import { once } from 'node:events'
import { spawnTool } from './root.ts'

interface Step {
  readonly title: string
  readonly command: readonly [string, ...string[]]
  /** What to do about it. */
  readonly advice: string
}

const LINTED = ['src', 'test', 'scripts', 'demo', 'bench', 'jsl-samples', 'template']

// Of what git ignores prettier would not judge a file, but enter the folders, and those of a database cannot be entered.
const FORMATTED = ['.', '!.batchyard/**', '!.tap/**', '!joblogs/**']

const CHECKS: readonly Step[] = [
  { title: 'dead code (knip)', command: ['knip'], advice: 'remove it, or name its entry in knip.json' },
  {
    title: 'rules (oxlint)',
    command: ['oxlint', '--type-aware', ...LINTED],
    advice: 'npm run fix does the simple ones'
  },
  { title: 'types (tsc)', command: ['tsc', '--project', '.'], advice: 'mend the types' },
  {
    title: 'types of the package',
    command: ['tsc', '--project', 'tsconfig.build.json', '--noEmit'],
    advice: 'Node 22.12 has to know it too: tsconfig.build.json says what it knows'
  },
  {
    title: 'house: floor plan',
    command: ['node', 'test/house.test.ts'],
    advice: 'docs/adr/0001-floor-plan.md says why'
  },
  {
    title: 'house: statuses',
    command: ['node', 'test/house/statuses.test.ts'],
    advice: 'src/batch has the tables; npm run docs:print'
  },
  {
    title: 'house: documents',
    command: ['node', 'test/house/documents.test.ts'],
    advice: 'npm run docs:print writes what is printed from the sources'
  },
  {
    title: 'house: requirements',
    command: ['node', 'test/house/requirements.test.ts'],
    advice: 'docs/compatibility.md has a row for each, and the test it names must name it'
  },
  { title: 'format (prettier)', command: ['prettier', '--check', ...FORMATTED], advice: 'npm run fix' },
  {
    title: 'schema dump',
    command: ['node', 'scripts/schema-dump.ts', '--check'],
    advice: 'npm run db:dump, and commit migrations/schema.sql'
  }
]

const FIXES: readonly Step[] = [
  {
    title: 'rules (oxlint)',
    command: ['oxlint', '--type-aware', '--fix', ...LINTED],
    advice: 'these are for you to mend'
  },
  {
    title: 'format (prettier)',
    command: ['prettier', '--write', '--log-level=warn', ...FORMATTED],
    advice: 'what prettier cannot read'
  }
]

async function run({ title, command: [program, ...args], advice }: Step): Promise<boolean> {
  const begin = performance.now()
  const child = spawnTool(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = once(child, 'close').then(
    ([code]) => code === 0,
    (error: unknown) => {
      output += String(error)
      return false
    }
  )
  const passed = await ended
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  console.log(`${passed ? 'ok     ' : 'FAILED '} ${title.padEnd(22)} ${seconds.padStart(5)} s`)
  if (!passed) console.log(`${told(output).replaceAll(/^(?=.)/gm, '    ')}\n    → ${advice}`)
  return passed
}

/** Of TAP only what is not ok, without where in the test it was asked. */
function told(output: string): string {
  if (!output.startsWith('TAP version')) return output.trim()
  const failures = output.match(/^ *not ok .*\n(?: +---\n[^]*?^ +\.\.\.$)?/gm) ?? [output]
  return failures
    .map(failure =>
      failure
        .replace(/^ +at:\n[^]*/m, '')
        .replace(/\n +---\s*$/, '')
        .trimEnd()
    )
    .join('\n')
}

const steps = process.argv.includes('--fix') ? FIXES : CHECKS
const failed: string[] = []
for (const step of steps) if (!(await run(step))) failed.push(step.title)
if (failed.length === 0) console.log(`All ${steps.length} passed.`)
else {
  console.log(`${failed.length} of ${steps.length} failed: ${failed.join(', ')}`)
  process.exitCode = 1
}
