/**
 * Benchmarks of the server over HTTP; `serve.mjs` starts it with the name of what to measure, a folder and the program of
 * the command.
 *
 * Servers and the client are processes of their own, and one client asks every server in the same way. Beside the echo,
 * rates are those of a server's processor time, since the client and whatever else runs has a core as well.
 */
import { grantsOnPostgres, grantsOnSqlite, policyVisible, signOnCores } from './serve-fleet.js'
import { Report } from './serve-figures.js'
import { besideEcho, besideMoto, latency } from './serve-rates.js'
import { startToReady } from './serve-ready.js'

const [what = '', folder = '', cli = ''] = process.argv.slice(2)
const report = new Report()

switch (what) {
  case 'serve-encrypt':
    await besideEcho(report, 'Encrypt', 55)
    break
  case 'serve-describe':
    await besideEcho(report, 'DescribeKey', 60)
    break
  case 'serve-moto':
    await besideMoto(report)
    break
  case 'serve-latency':
    await latency(report)
    break
  case 'serve-grants':
    await grantsOnSqlite(report, folder)
    break
  case 'serve-grants-postgres':
    await grantsOnPostgres(report)
    break
  case 'serve-sign':
    await signOnCores(report, folder)
    break
  case 'serve-visible':
    await policyVisible(report)
    break
  case 'serve-ready':
    await startToReady(report, folder, cli)
    break
  default:
    throw new Error(`nothing is called ${what}`)
}
const { figures, notes } = report
console.log(JSON.stringify({ figures, notes }))
