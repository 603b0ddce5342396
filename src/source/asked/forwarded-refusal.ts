/**
 * Refusals of KMS that another service hands on: somebody put an object into S3, S3 called KMS for them, and the error
 * of S3 says what KMS said. The request to KMS came through that service then, which many key policies ask for.
 *
 * Knows the services that call KMS with the identity of their caller, by the names that SDKs and CloudTrail print, and
 * of their operations those whose name no other service has. What it does not know stays unknown.
 *
 * Source: IAM User Guide, "Forward access sessions"; KMS Developer Guide, "kms:ViaService"; facts E.
 */
import { actionByName } from '../../aws/action.js'
import { quote } from '../../text/escape.js'
import { answerOfError } from './aws-answer.js'
import { callerOfEvent } from './event-caller.js'
import { textIn, type Members } from './member.js'
import { sortChecks, type Question, type DraftCheck } from './question.js'
import { unspecifiedKeys } from './unspecified-keys.js'

/** The name of a service as SDKs print it, in small letters and without blanks, and its principal. */
const SERVICES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    s3: 's3',
    secretsmanager: 'secretsmanager',
    ssm: 'ssm',
    simplesystemsmanagement: 'ssm',
    sqs: 'sqs',
    sns: 'sns',
    dynamodb: 'dynamodb',
    kinesis: 'kinesis',
    ec2: 'ec2',
    lambda: 'lambda',
    rds: 'rds',
    efs: 'elasticfilesystem',
    redshift: 'redshift',
    glue: 'glue',
    athena: 'athena',
    backup: 'backup',
    ecr: 'ecr',
  }).map(([name, prefix]) => [name, `${prefix}.amazonaws.com`]),
)

/** Operations that only this service has; `PutObject` of other stores is another matter than KMS. */
const OPERATIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    s3: 'GetObject PutObject CopyObject UploadPart UploadPartCopy CreateMultipartUpload CompleteMultipartUpload',
    secretsmanager: 'GetSecretValue BatchGetSecretValue PutSecretValue CreateSecret UpdateSecret',
    ssm: 'GetParameter GetParameters GetParametersByPath GetParameterHistory PutParameter',
    sqs: 'SendMessage SendMessageBatch ReceiveMessage',
    kinesis: 'PutRecord PutRecords',
    ec2: 'CreateVolume AttachVolume RunInstances CopySnapshot CopyImage',
    rds: 'CreateDBInstance CreateDBCluster CopyDBSnapshot',
  }).flatMap(([service, names]) => names.split(' ').map((name) => [name, `${service}.amazonaws.com`] as const)),
)

/** Undefined where it was KMS itself, and where nobody can tell. */
export function serviceOfWrapping(service: string | undefined, operation: string | undefined): string | undefined {
  const name = service
    ?.toLowerCase()
    .replaceAll(' ', '')
    .replace(/^(?:amazon|aws)/, '')
  const named = name === undefined ? undefined : SERVICES.get(name)
  return named ?? (operation === undefined ? undefined : OPERATIONS.get(operation))
}

/** What is known of a request that came through a service, whatever else is not. */
export const TOLD_BY_SERVICE: readonly string[] = [
  'kms:ViaService',
  'aws:ViaAWSService',
  'aws:CalledVia',
  'aws:CalledViaFirst',
  'aws:CalledViaLast',
]

/** What the first call had of its own; a service that calls KMS brings its own network. */
const OF_FIRST_CALL: ReadonlySet<string> = new Set([
  'aws:UserAgent',
  'aws:SourceIp',
  'aws:SourceVpc',
  'aws:SourceVpce',
  'aws:VpceAccount',
  'aws:VpcSourceIp',
  'aws:SecureTransport',
])

/** The question of an event of another service; undefined where its error is not a denial by KMS. */
export function questionForwarded(
  event: Members,
  source: string,
  place: { readonly name: string; readonly line: number },
): Question | undefined {
  const message = textIn(event, 'errorMessage')
  if (message?.includes('kms:') !== true) return undefined
  const said = answerOfError(textIn(event, 'errorCode') ?? 'AccessDenied', message)
  const info = said.action === undefined ? undefined : actionByName(said.action)
  if (said.caller === undefined || info === undefined) return undefined
  const caller = callerOfEvent(event)
  const { resource } = said
  const { principal = said.caller } = caller
  const isService = !principal.includes(':')
  const context = Object.fromEntries(Object.entries(caller.context).filter(([key]) => !OF_FIRST_CALL.has(key)))
  const check: DraftCheck = {
    request: {
      principal,
      action: info.name,
      ...(resource === undefined ? {} : { resource }),
      ...(isService ? {} : { via: source }),
      context,
    },
    lacks: resource === undefined ? [{ part: 'resource', why: 'the event does not name the key' }] : [],
  }
  const told = { parameters: false, keys: [...Object.keys(context), ...(isService ? [] : TOLD_BY_SERVICE)] }
  const eventId = textIn(event, 'eventID')
  return {
    origin: { form: 'cloudtrail', ...place, ...(eventId === undefined ? {} : { eventId }) },
    ...sortChecks([check]),
    caller: caller.details,
    said: { ...said, decision: 'deny' },
    unknown: [
      ...caller.unknown.filter(({ kind, name }) => kind !== 'conditionKey' || name.startsWith('aws:PrincipalTag/')),
      { kind: 'grantTokens', name: 'grant tokens', why: 'the event of another service does not tell them' },
      ...unspecifiedKeys('the event of another service does', info.name, isService, told),
    ],
    notes: [`the event is of ${quote(source)}, which KMS refused; the event of KMS at that time tells more`],
  }
}
