// `batchyard serve`: the server of an installed package.
import { Command } from 'commander'
import { locally } from './locally.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('run a batch server until SIGTERM or Ctrl-C; settings are BATCH_… variables, or a file .env')
    .action(() =>
      locally(async () => {
        const { runServer } = await import('./run-server.ts')
        await runServer()
      })
    )
}
