// A bare thread with a share of the work of partition-speed-up.
import { parentPort, workerData } from 'node:worker_threads'
import { spin } from '../applications/Bench/spin.ts'

parentPort!.once('message', () => parentPort!.postMessage(spin(workerData as number)))
parentPort!.postMessage('ready')
