// The TLS side of the listener: HTTPS where it is asked for, plain HTTP beside it where that is asked for too.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import type { Certificate, CertificateSource } from '../security/certificate.ts'
import { createTicker, type Ticker } from '../service/ticker.ts'
import type { HttpApp } from './http-app.ts'
import { replyMalformed } from './malformed-request.ts'

const LOOK_EVERY_MS = 10_000

/** HTTP/1.1 only: clients of Liberty speak nothing else. */
export function tlsOptions(certificate: Certificate): TlsOptions & SecureContextOptions {
  return { ...certificate, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] }
}

/** While the app listens: a renewed certificate is shown to all who connect from then on. By hand: `tick`. */
export function renewCertificate(app: HttpApp, source: CertificateSource): Ticker {
  const server = app.server as unknown as { setSecureContext(options: SecureContextOptions): void }
  const ticker = createTicker({
    everyMs: LOOK_EVERY_MS,
    async round() {
      const renewed = await source.renewed()
      if (renewed === null) return
      server.setSecureContext(tlsOptions(renewed))
      app.log.info('the certificate was renewed')
    },
    onError: error =>
      app.log.error({ err: error }, 'the new certificate cannot be used; the one of before still is')
  })
  app.addHook('onListen', async () => ticker.start())
  app.addHook('onClose', async () => ticker.stop())
  return ticker
}

export interface PlainListener {
  /** Where it listens, e.g. `http://127.0.0.1:9080`. */
  listen(host: string, port: number): Promise<string>
}

/** Serves the same app over plain HTTP too, until the app is closed. To be called before the app listens. */
export function plainListener(app: HttpApp): PlainListener {
  const server = createServer({ requestTimeout: app.server.requestTimeout }, (request, reply) =>
    app.routing(request, reply)
  )
  server.on('clientError', replyMalformed)
  let closed: Promise<unknown> = Promise.resolve()
  app.addHook('preClose', async () => {
    if (!server.listening) return
    closed = once(server, 'close')
    server.close()
  })
  app.addHook('onClose', async () => {
    server.closeIdleConnections()
    await closed
  })
  return {
    async listen(host, port) {
      server.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port })
      await once(server, 'listening')
      const { port: chosen } = server.address() as AddressInfo
      return `http://${isIPv6(host) ? `[${host}]` : host}:${chosen}`
    }
  }
}
