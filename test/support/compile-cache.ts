// Loaded before each test file: one compile cache of Node.js for all processes of all runs, those that a test starts too. It saves
// a third of the processor time of a small test file.
import { enableCompileCache } from 'node:module'
import path from 'node:path'

const directory = path.resolve(import.meta.dirname, '../../.tap/compile-cache')
enableCompileCache(directory)
process.env.NODE_COMPILE_CACHE = directory
