// A server with one executor process that runs one unit; a test kills it and looks what becomes of the process.
import { handlersOf, orderFor, quirkyThread } from '../executor/quirky-thread.ts'

const [root, ref] = process.argv.slice(2) as [string, string]
const thread = quirkyThread(root, 'process')
await thread.start()
await thread.run(orderFor(root, ref), handlersOf())
