// `npm run build`: what the published package has, in dist/. Node strips no types below node_modules, so there it has to be
// JavaScript; everywhere else the sources run as they are.
import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, spawnTool } from './root.ts'

const DIST = join(ROOT, 'dist')

await rm(DIST, { recursive: true, force: true })
const [code] = (await once(
  spawnTool('tsc', ['--project', 'tsconfig.build.json'], { stdio: 'inherit' }),
  'close'
)) as [number | null]
if (code === 0) await chmod(join(DIST, 'cli', 'batchyard.js'), 0o755)
else process.exitCode = 1
