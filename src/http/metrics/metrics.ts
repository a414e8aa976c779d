// `GET /metrics` for Prometheus: without it nobody is woken when jobs wait and no server takes them.
import type { ReadFigures } from '../../operator/server-figures.ts'
import type { CallerOf } from '../caller.ts'
import type { HttpApp } from '../http-app.ts'
import { schemaOf } from '../open-api/operation.ts'
import { batchMetrics } from './batch-metrics.ts'
import { exposition, EXPOSITION_TYPE } from './exposition.ts'
import { watchProcess } from './process-metrics.ts'

export interface MetricsOptions {
  readonly readFigures: ReadFigures
  readonly caller: CallerOf
}

/** To be registered. */
export async function metrics(app: HttpApp, { readFigures, caller }: MetricsOptions): Promise<void> {
  const watched = watchProcess()
  app.addHook('onClose', async () => watched.close())
  const schema = schemaOf({
    id: 'getMetrics',
    tag: 'server',
    summary: 'Figures for monitoring, as Prometheus reads them',
    replies: { 200: { description: 'All of them.', other: { 'text/plain': "Prometheus' text format." } } }
  })
  app.get('/metrics', { schema }, async (request, reply) => {
    const figures = await readFigures(caller(request))
    const families = [...batchMetrics(figures), ...(await watched.families())]
    return reply.type(EXPOSITION_TYPE).send(exposition(families))
  })
}
