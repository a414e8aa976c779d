// What monitoring is told of the process, under the names that Prometheus' own clients use, so that common boards show it.
import { readdir } from 'node:fs/promises'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { type MetricFamily, metric } from './exposition.ts'

const RESOLUTION_MS = 20

export interface ProcessMetrics {
  families(): Promise<MetricFamily[]>
  close(): void
}

/** Watches the event loop until it is closed; its lag is told since the last call. */
export function watchProcess(): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()

  return {
    close: () => void delay.disable(),
    async families() {
      const lag = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000)
      const lags = { '0.5': delay.percentile(50), '0.99': delay.percentile(99), '1': delay.max }
      const quiet = delay.count === 0
      delay.reset()
      const { user, system } = process.cpuUsage()
      const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
      const { active, idle } = performance.eventLoopUtilization()
      const files = await openFiles()
      return [
        {
          name: 'batchyard_event_loop_lag_seconds',
          type: 'gauge',
          help: 'How late the event loop came to its timers since the last scrape.',
          samples: Object.entries(lags).map(([quantile, nanoseconds]) => ({
            labels: { quantile },
            value: quiet ? 0 : lag(nanoseconds)
          }))
        },
        {
          name: 'batchyard_event_loop_seconds_total',
          type: 'counter',
          help: 'What the event loop has done with its time.',
          samples: [
            { labels: { state: 'active' }, value: active / 1000 },
            { labels: { state: 'idle' }, value: idle / 1000 }
          ]
        },
        metric(
          'process_cpu_user_seconds_total',
          'counter',
          'CPU time of the process in user mode.',
          user / 1e6
        ),
        metric(
          'process_cpu_system_seconds_total',
          'counter',
          'CPU time of the process in the kernel.',
          system / 1e6
        ),
        metric('process_cpu_seconds_total', 'counter', 'CPU time of the process.', (user + system) / 1e6),
        metric(
          'process_start_time_seconds',
          'gauge',
          'When the process started, in seconds since 1970.',
          performance.timeOrigin / 1000
        ),
        metric('process_resident_memory_bytes', 'gauge', 'Memory of the process, with all its threads.', rss),
        ...(files === null ? [] : [metric('process_open_fds', 'gauge', 'Open file descriptors.', files)]),
        metric('nodejs_heap_size_used_bytes', 'gauge', "Heap of the server's own thread, used.", heapUsed),
        metric(
          'nodejs_heap_size_total_bytes',
          'gauge',
          "Heap of the server's own thread, reserved.",
          heapTotal
        ),
        metric(
          'nodejs_external_memory_bytes',
          'gauge',
          'Buffers and the like outside of that heap.',
          external
        )
      ]
    }
  }
}

/** `null` where the system does not tell. */
async function openFiles(): Promise<number | null> {
  try {
    return (await readdir('/proc/self/fd')).length
  } catch {
    return null
  }
}
