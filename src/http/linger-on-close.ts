// Without this a client that still sends when its body is refused would often see a broken pipe, and never the reason.
import type { IncomingMessage } from 'node:http'

const LINGER_MS = 3000

/**
 * For an answer with `Connection: close` to a request that is not read to its end. Node closes the socket behind the answer
 * at once; what is unread then makes a reset of that, which the client's next write meets before it reads the answer.
 * RFC 9112 §9.6: ends our side only, reads over what comes, and closes when the client has, or after three seconds.
 */
export function lingerOnClose({ socket }: IncomingMessage): void {
  socket.destroySoon = () => {
    socket.end()
    const late = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(late))
    // Away from the parser: another request behind this one must not be carried out, nobody could hear its answer.
    socket.removeAllListeners('data')
    socket.on('data', () => {})
    socket.once('end', () => socket.destroy())
    socket.resume()
  }
}
