// The process of a server started from the sources (`npm start`, containers, tests); `batchyard serve` is the same one.
import { runServer } from './cli/local/run-server.ts'

await runServer()
