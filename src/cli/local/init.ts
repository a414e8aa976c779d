// `batchyard init`: a small application that runs, so that the first job of somebody's own is a change and not a blank page.
import { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { locally } from './locally.ts'

/** Above both src/cli/local and dist/cli/local. */
const PACKAGE = new URL('../../../package.json', import.meta.url)
const TEMPLATE = new URL('../../../template/', import.meta.url)

export function initCommand(): Command {
  return new Command('init')
    .description('write a small application with typed artifacts into a new or empty folder')
    .argument('<folder>', 'where; nothing that is there is overwritten')
    .action((folder: string) => locally(() => init(folder)))
}

async function init(folder: string): Promise<void> {
  const { cp, mkdir, readdir, readFile, writeFile } = await import('node:fs/promises')
  const path = await import('node:path')
  const { fileURLToPath } = await import('node:url')
  const root = path.resolve(folder)
  await mkdir(root, { recursive: true }).catch((error: Error) => {
    throw new CliError(1, `${root} cannot be made: ${error.message}`, { cause: error })
  })
  const [there] = await readdir(root)
  if (there !== undefined)
    throw new CliError(1, `${root} is not empty (${there}): name a folder that is empty or not there yet.`)
  await cp(fileURLToPath(TEMPLATE), root, { recursive: true })
  const files = projectFiles(path.basename(root), JSON.parse(await readFile(PACKAGE, 'utf8')) as Package)
  for (const [name, text] of Object.entries(files))
    await writeFile(path.join(root, name), text, { flag: 'wx' })
  console.log(`Wrote an application to ${root}. README.md there says how to go on:

  cd ${folder}
  npm install
  npm start`)
}

interface Package {
  readonly version: string
  readonly devDependencies: Readonly<Record<string, string>>
}

/** What depends on this version, or what npm would not take along in a package. */
function projectFiles(name: string, { version, devDependencies }: Package): Record<string, string> {
  const settings = (more: string) => `# Where the applications are.
BATCH_APPS_DIR=applications
${more}`
  return {
    'package.json': json({
      name:
        name
          .toLowerCase()
          .replaceAll(/[^a-z0-9-]+/g, '-')
          .replaceAll(/^-+|-+$/g, '') || 'batch-jobs',
      private: true,
      type: 'module',
      scripts: {
        start: 'batchyard serve',
        check: 'tsc',
        'crash-test':
          'batchyard test applications/Orders orders --kill-at-every-checkpoint --compare-sql "select number, vat from priced_order"'
      },
      dependencies: { batchyard: `^${version}` },
      devDependencies: {
        '@types/node': devDependencies['@types/node'],
        typescript: devDependencies['typescript']
      }
    }),
    'tsconfig.json': json({
      compilerOptions: {
        target: 'es2023',
        module: 'nodenext',
        types: ['node'],
        strict: true,
        noUncheckedIndexedAccess: true,
        // Node removes types and does nothing else: what it cannot remove, and imports it would keep, are mistakes.
        erasableSyntaxOnly: true,
        verbatimModuleSyntax: true,
        allowImportingTsExtensions: true,
        noEmit: true
      },
      include: ['applications/**/*.ts']
    }),
    '.env': settings(''),
    '.env.example': settings(`
# Copy to .env. All settings: node_modules/batchyard/docs/configuration.md

# Another database than the one that comes along:
#BATCH_DATABASE_URL=postgres://user:password@localhost:5432/batch
#BATCH_PORT=9080
#BATCH_RECOVERY=resume
`),
    '.gitignore': 'node_modules/\n.env\n.batchyard/\njoblogs/\n'
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
