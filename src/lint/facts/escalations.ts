/**
 * Known ways from a few permissions to all of them: actions that together let a principal change what it may do. Data.
 *
 * Source: IAM User Guide, "Permissions boundaries for IAM entities" and "Grant a user permissions to pass a role to an
 * AWS service".
 */

export interface Escalation {
  /** A clause: "it may attach policies to itself". */
  readonly how: string
  readonly actions: readonly EscalationStep[]
}

export interface EscalationStep {
  /** Prefix and name, in lower case. */
  readonly service: string
  readonly name: string
  /** All resources of the type that the action works on. */
  readonly resource: string
}

const user = (name: string): EscalationStep => ({ service: 'iam', name, resource: 'user/*' })
const role = (name: string): EscalationStep => ({ service: 'iam', name, resource: 'role/*' })
const group = (name: string): EscalationStep => ({ service: 'iam', name, resource: 'group/*' })
const policy = (name: string): EscalationStep => ({ service: 'iam', name, resource: 'policy/*' })
const passRole = role('passrole')

function passTo(what: string, service: string, ...names: readonly string[]): Escalation {
  return {
    how: `it may pass any role to ${what}`,
    actions: [passRole, ...names.map((name): EscalationStep => ({ service, name, resource: '*' }))],
  }
}

export const ESCALATIONS: readonly Escalation[] = [
  { how: 'it may write new versions of policies', actions: [policy('createpolicyversion')] },
  { how: 'it may make another version of a policy the one that counts', actions: [policy('setdefaultpolicyversion')] },
  { how: 'it may attach policies to users', actions: [user('attachuserpolicy')] },
  { how: 'it may attach policies to groups', actions: [group('attachgrouppolicy')] },
  { how: 'it may attach policies to roles', actions: [role('attachrolepolicy')] },
  { how: 'it may write policies of users', actions: [user('putuserpolicy')] },
  { how: 'it may write policies of groups', actions: [group('putgrouppolicy')] },
  { how: 'it may write policies of roles', actions: [role('putrolepolicy')] },
  { how: 'it may put users into groups', actions: [group('addusertogroup')] },
  { how: 'it may make access keys of other users', actions: [user('createaccesskey')] },
  { how: 'it may make passwords of other users', actions: [user('createloginprofile')] },
  { how: 'it may change passwords of other users', actions: [user('updateloginprofile')] },
  {
    how: 'it may let itself into roles and assume them',
    actions: [role('updateassumerolepolicy'), { service: 'sts', name: 'assumerole', resource: 'role/*' }],
  },
  passTo('a function of its own', 'lambda', 'createfunction', 'invokefunction'),
  passTo('an instance of its own', 'ec2', 'runinstances'),
  passTo('a stack of its own', 'cloudformation', 'createstack'),
  passTo('a pipeline of its own', 'datapipeline', 'createpipeline', 'putpipelinedefinition'),
  passTo('a development endpoint of its own', 'glue', 'createdevendpoint'),
  passTo('a task of its own', 'ecs', 'runtask', 'registertaskdefinition'),
  passTo('a notebook of its own', 'sagemaker', 'createnotebookinstance', 'createpresignednotebookinstanceurl'),
  passTo('a build of its own', 'codebuild', 'createproject', 'startbuild'),
]
