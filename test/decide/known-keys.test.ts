/**
 * What is known of each condition key: a value, that the request does not have it, or nothing.
 *
 * The difference between the last two decides whether an answer is certain (`unknownKeys`); `derive.test.ts` has the
 * values. Source: IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys";
 * authorization.md E, K-34.
 */
import { describe } from 'vitest'
import type { OrganizationFacts, RequestDetails } from '../../src/decide/facts.js'
import {
  A,
  type Given,
  absent,
  alias,
  federated,
  key,
  none,
  role,
  root,
  service,
  session,
  table,
  unknown,
  user,
} from './known-key.js'

describe('who calls', () => {
  table([
    ['aws:PrincipalArn', { principal: role }, role.arn],
    ['aws:PrincipalArn', { principal: { ...session, roleArn: session.roleArn! } }, session.roleArn!],
    // A session's own ARN is never its aws:PrincipalArn.
    ['aws:PrincipalArn', { principal: { type: 'role', arn: session.arn, accountId: A } }, unknown],
    ['aws:PrincipalArn', { principal: federated }, federated.arn],
    ['aws:PrincipalArn', { principal: service }, absent],
    // K-34: a service has no account, type or id.
    ['aws:PrincipalAccount', { principal: { type: 'user', arn: user.arn } }, unknown],
    ['aws:PrincipalAccount', { principal: service }, absent],
    ['aws:PrincipalAccount', { principal: { ...service, accountId: A } }, absent],
    ['aws:PrincipalType', { principal: service }, absent],
    ['kms:CallerAccount', { principal: service }, absent],
    ['aws:PrincipalServiceName', {}, absent],
    ['aws:PrincipalServiceName', { principal: service }, service.arn],
    ['aws:PrincipalServiceNamesList', {}, absent],
    ['aws:PrincipalServiceNamesList', { principal: service }, [service.arn]],
    ['aws:userid', { principal: root }, A],
    ['aws:userid', { principal: { type: 'root', arn: root.arn } }, unknown],
    ['aws:userid', {}, unknown],
    ['aws:userid', { principal: { ...user, userId: 'AIDAX' } }, 'AIDAX'],
    ['aws:userid', { principal: session }, unknown],
    ['aws:userid', { principal: { ...session, roleId: 'AROAX' } }, 'AROAX:i-0abc'],
    ['aws:userid', { principal: { ...role, roleId: 'AROAX' } }, unknown],
    ['aws:userid', { principal: { ...role, roleId: 'AROAX', sessionName: 's' } }, 'AROAX:s'],
    ['aws:userid', { principal: { ...session, userId: 'AROAX:other' } }, 'AROAX:other'],
    ['aws:userid', { principal: federated }, `${A}:Fay`],
    ['aws:userid', { principal: { type: 'federated', arn: federated.arn } }, unknown],
    ['aws:userid', { principal: { ...federated, arn: `arn:aws:sts::${A}:federated-user` } }, unknown],
    ['aws:userid', { principal: service }, absent],
    ['aws:username', {}, 'Alice'],
    ['aws:username', { principal: { ...user, userName: 'alice' } }, 'alice'],
    ['aws:username', { principal: session }, absent],
    ['aws:username', { principal: service }, absent],
    ['aws:PrincipalTag/team', {}, unknown],
    ['aws:PrincipalTag/team', { principal: { ...user, tags: {} } }, absent],
    ['aws:PrincipalTag/team', { principal: { ...user, tags: { Team: 'a' } } }, 'a'],
    ['aws:PrincipalTag/team', { principal: service }, absent],
  ])
})

describe('organizations', () => {
  const both: OrganizationFacts = {
    callerOrgId: 'o-1',
    callerOrgPath: 'o-1/r-1/',
    resourceOrgId: 'o-2',
    resourceOrgPath: 'o-2/r-2/',
  }
  table([
    ['aws:PrincipalOrgID', {}, unknown],
    ['aws:PrincipalOrgID', { organization: {} }, absent],
    ['aws:PrincipalOrgID', { organization: both }, 'o-1'],
    ['aws:PrincipalOrgID', { organization: both, principal: service }, absent],
    ['aws:PrincipalOrgPaths', {}, unknown],
    ['aws:PrincipalOrgPaths', { organization: {} }, absent],
    ['aws:PrincipalOrgPaths', { organization: both }, ['o-1/r-1/']],
    ['aws:PrincipalOrgPaths', { organization: both, principal: service }, absent],
    ['aws:ResourceAccount', {}, A],
    ['aws:ResourceAccount', { resource: none, action: 'kms:ListKeys' }, absent],
    ['aws:ResourceOrgID', {}, unknown],
    ['aws:ResourceOrgID', { organization: {} }, absent],
    ['aws:ResourceOrgID', { organization: both }, 'o-2'],
    ['aws:ResourceOrgID', { resource: none, action: 'kms:ListKeys' }, absent],
    ['aws:ResourceOrgID', { resource: none, action: 'kms:ListKeys', organization: both }, absent],
    ['aws:ResourceOrgPaths', {}, unknown],
    ['aws:ResourceOrgPaths', { organization: {} }, absent],
    ['aws:ResourceOrgPaths', { organization: both }, ['o-2/r-2/']],
    ['aws:ResourceOrgPaths', { resource: none, action: 'kms:ListKeys' }, absent],
    ['aws:ResourceOrgPaths', { resource: none, action: 'kms:ListKeys', organization: both }, absent],
  ])
})

describe('the way of the call', () => {
  const via = (name: string): Given => ({ request: { via: name } })
  // E: only calls that a service makes as itself say for whom it works.
  for (const name of ['aws:SourceArn', 'aws:SourceAccount', 'aws:SourceOrgID', 'aws:SourceOrgPaths']) {
    table([
      [name, {}, absent],
      [name, { principal: session }, absent],
      [name, via('s3.us-west-2.amazonaws.com'), absent],
      [name, { principal: service }, unknown],
    ])
  }
  // E: a call that a service makes for somebody does not come through that one's endpoint.
  for (const name of [
    'aws:SourceVpc',
    'aws:SourceVpce',
    'aws:VpcSourceIp',
    'aws:VpceAccount',
    'aws:VpceOrgID',
    'aws:VpceOrgPaths',
  ]) {
    table([
      [name, {}, unknown],
      [name, via('s3.us-west-2.amazonaws.com'), absent],
      [name, { principal: service }, absent],
    ])
  }
  table([
    ['aws:ViaAWSMCPService', {}, absent],
    ['aws:CalledViaAWSMCP', {}, absent],
    ['aws:SourceIp', {}, unknown],
    ['aws:CalledVia', {}, absent],
    ['aws:CalledViaFirst', {}, absent],
    ['aws:CalledViaLast', {}, absent],
    ['kms:ViaService', {}, absent],
    ['kms:ViaService', via('s3.us-west-2.amazonaws.com'), 's3.us-west-2.amazonaws.com'],
    // A name of several parts, and Regions of every form.
    ['kms:ViaService', via('a.b.us-gov-west-1.amazonaws.com'), 'a.b.us-gov-west-1.amazonaws.com'],
    ['aws:CalledVia', via('a.b.us-gov-west-1.amazonaws.com'), ['a.b.amazonaws.com']],
    ['aws:CalledVia', via('s3.us-west-12.amazonaws.com'), ['s3.amazonaws.com']],
    ['aws:CalledVia', via('s3.cn-north-1.amazonaws.com.cn'), ['s3.amazonaws.com']],
    ['aws:CalledVia', via('s3.amazonaws.com.us-west-2'), ['s3.amazonaws.com.amazonaws.com']],
    ['aws:CalledVia', via('s3.x1us-west-2.amazonaws.com'), ['s3.x1us-west-2.amazonaws.com']],
    ['aws:CalledVia', via('s3.us-west-2x.amazonaws.com'), ['s3.us-west-2x.amazonaws.com']],
    ['aws:CalledVia', via('s3.1.amazonaws.com'), ['s3.1.amazonaws.com']],
    ['aws:CalledVia', via('us-west-2.amazonaws.com'), ['us-west-2.amazonaws.com']],
    ['aws:CalledVia', via('.us-west-2.amazonaws.com'), ['.us-west-2.amazonaws.com']],
    ['kms:ViaService', { ...via('s3.amazonaws.com'), resource: { type: 'key' } }, unknown],
    ['aws:RequestedRegion', {}, 'us-west-2'],
    ['aws:RequestedRegion', { resource: none, action: 'kms:ListKeys' }, unknown],
    [
      'aws:RequestedRegion',
      { resource: none, action: 'kms:ListKeys', ...via('s3.eu-west-1.amazonaws.com') },
      'eu-west-1',
    ],
    ['aws:RequestedRegion', { resource: none, action: 'kms:ListKeys', ...via('s3.amazonaws.com') }, unknown],
    // An ARN that names no Region, and a text that is no ARN.
    ['aws:RequestedRegion', { resource: { type: 'other', arn: 'arn:aws:s3:::b' }, action: 's3:GetObject' }, unknown],
    ['aws:RequestedRegion', { resource: { type: 'other', arn: 'b' }, action: 's3:GetObject' }, unknown],
    // A user's id is its own, whatever else is known.
    [
      'aws:userid',
      { principal: { ...user, userId: 'AIDAEXAMPLE', roleId: 'AROAEXAMPLE', sessionName: 'x' } },
      'AIDAEXAMPLE',
    ],
    ['aws:CurrentTime', {}, unknown],
    ['aws:CurrentTime', { request: { time: 'soon' } }, unknown],
    ['aws:CurrentTime', { request: { time: '2026-03-15T12:00:00.25Z' } }, '2026-03-15T12:00:00.250Z'],
    ['aws:EpochTime', {}, unknown],
    ['aws:EpochTime', { request: { time: 'soon' } }, unknown],
    ['aws:EpochTime', { request: { time: '2026-03-15T12:00:00.75Z' } }, '1773576000'],
  ])
})

describe('tags', () => {
  const parameters = (given: RequestDetails['parameters']): Given => ({
    action: 'kms:CreateKey',
    resource: none,
    request: given === undefined ? {} : { parameters: given },
  })
  const MIXED = [
    { TagKey: 'team', TagValue: 'a' },
    { TagKey: 'Team', TagValue: 'b' },
    { TagKey: 'bare' },
    { TagKey: 'number', TagValue: 7 },
    { TagValue: 'lost' },
    { TagKey: 7, TagValue: 'x' },
    null,
    'text',
    7,
  ]
  table([
    ['aws:TagKeys', parameters(undefined), absent],
    ['aws:TagKeys', parameters({ Tags: 'team' }), absent],
    ['aws:TagKeys', parameters({ Tags: [] }), absent],
    ['aws:TagKeys', parameters({ Tags: MIXED }), ['team', 'Team', 'bare', 'number']],
    ['aws:RequestTag/team', parameters({ Tags: MIXED }), ['a', 'b']],
    ['aws:RequestTag/bare', parameters({ Tags: MIXED }), ''],
    ['aws:RequestTag/number', parameters({ Tags: MIXED }), ''],
    ['aws:RequestTag/other', parameters({ Tags: MIXED }), absent],
    ['aws:RequestTag/undefined', parameters({ Tags: MIXED }), absent],
    ['aws:RequestTag/team', parameters(undefined), absent],
    [
      'aws:TagKeys',
      { action: 'kms:UntagResource', request: { parameters: { TagKeys: ['a', 7, null, 'b'] } } },
      ['a', 'b'],
    ],
    ['aws:TagKeys', { action: 'kms:UntagResource', request: { parameters: { TagKeys: 'a' } } }, absent],
    // Of the key: its own, and for a new one those of the request.
    ['aws:ResourceTag/team', parameters({ Tags: MIXED }), ['a', 'b']],
    ['aws:ResourceTag/team', parameters(undefined), absent],
    ['aws:ResourceTag/team', {}, unknown],
    ['aws:ResourceTag/team', { resource: { ...key, tags: {} } }, absent],
    ['aws:ResourceTag/team', { resource: { ...key, tags: { Team: 'a' } } }, 'a'],
    ['aws:ResourceTag/team', { resource: { type: 'other', tags: { team: 'a' } }, action: 's3:GetObject' }, 'a'],
    ['aws:ResourceTag/team', { resource: { type: 'other' }, action: 's3:GetObject' }, unknown],
    ['aws:ResourceTag/team', { resource: alias, action: 'kms:CreateAlias' }, absent],
    ['aws:ResourceTag/team', { resource: none, action: 'kms:ListKeys' }, absent],
  ])
})
