/**
 * What stands in for values of CloudFormation that deployment alone can tell, so that a policy can be judged before it.
 *
 * A value of the right form and nothing more: names, accounts and Regions are made up.
 *
 * Source: CloudFormation User Guide, "Pseudo parameters reference"; CloudFormation Template Reference, "Return values" of
 * each resource type.
 */

/** Account and Region that stand-ins are made with. */
export const STAND_IN_ACCOUNT = '111122223333'
export const STAND_IN_REGION = 'us-east-1'
export const STAND_IN_KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'

const AT = `${STAND_IN_REGION}:${STAND_IN_ACCOUNT}`

export const PSEUDO_PARAMETERS: ReadonlyMap<string, string> = new Map([
  ['AWS::AccountId', STAND_IN_ACCOUNT],
  ['AWS::Region', STAND_IN_REGION],
  ['AWS::Partition', 'aws'],
  ['AWS::URLSuffix', 'amazonaws.com'],
  ['AWS::StackName', 'stack'],
  ['AWS::StackId', `arn:aws:cloudformation:${AT}:stack/stack/00000000-0000-0000-0000-000000000000`],
])

/** Types whose `Ref` is documented to be a name or an id, which is no ARN. */
const NAMED: ReadonlySet<string> = new Set([
  'AWS::DynamoDB::Table',
  'AWS::ECR::Repository',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::Subnet',
  'AWS::EC2::VPC',
  'AWS::EC2::VPCEndpoint',
  'AWS::ElastiCache::ReplicationGroup',
  'AWS::Events::Rule',
  'AWS::IAM::Group',
  'AWS::IAM::Role',
  'AWS::IAM::User',
  'AWS::KMS::Alias',
  'AWS::Kinesis::Stream',
  'AWS::KinesisFirehose::DeliveryStream',
  'AWS::Lambda::Function',
  'AWS::Logs::LogGroup',
  'AWS::RDS::DBInstance',
  'AWS::S3::Bucket',
  'AWS::SSM::Parameter',
  'AWS::Serverless::Function',
])

/** What `Ref` gives, by type. Of other types the name is taken only inside of a longer text. */
export function standInOfRef(name: string, type: string, isAlone: boolean): string | undefined {
  switch (type) {
    case 'AWS::KMS::Key':
    case 'AWS::KMS::ReplicaKey':
      return STAND_IN_KEY_ID
    case 'AWS::IAM::ManagedPolicy':
      return `arn:aws:iam::${STAND_IN_ACCOUNT}:policy/${name}`
    case 'AWS::SNS::Topic':
      return `arn:aws:sns:${AT}:${name}`
    case 'AWS::SQS::Queue':
      return `https://sqs.${STAND_IN_REGION}.amazonaws.com/${STAND_IN_ACCOUNT}/${name}`
    case 'AWS::SecretsManager::Secret':
      return `arn:aws:secretsmanager:${AT}:secret:${name}-AbCdEf`
    case 'AWS::StepFunctions::StateMachine':
    case 'AWS::Serverless::StateMachine':
      return `arn:aws:states:${AT}:stateMachine:${name}`
    case 'AWS::SageMaker::Endpoint':
      return `arn:aws:sagemaker:${AT}:endpoint/${name.toLowerCase()}`
    case 'AWS::S3::Bucket':
      return name.toLowerCase()
    default:
      return isAlone && !NAMED.has(type) ? undefined : name
  }
}

/** What `Fn::GetAtt` gives, by type and attribute. */
export function standInOfAttribute(name: string, type: string, attribute: string): string | undefined {
  if (attribute.endsWith('RoleArn')) return `arn:aws:iam::${STAND_IN_ACCOUNT}:role/${name}Role`
  if (!attribute.endsWith('Arn')) return undefined
  switch (type) {
    case 'AWS::KMS::Key':
    case 'AWS::KMS::ReplicaKey':
      return `arn:aws:kms:${AT}:key/${STAND_IN_KEY_ID}`
    case 'AWS::IAM::Role':
      return `arn:aws:iam::${STAND_IN_ACCOUNT}:role/${name}`
    case 'AWS::IAM::User':
      return `arn:aws:iam::${STAND_IN_ACCOUNT}:user/${name}`
    case 'AWS::IAM::Group':
      return `arn:aws:iam::${STAND_IN_ACCOUNT}:group/${name}`
    case 'AWS::S3::Bucket':
      return `arn:aws:s3:::${name.toLowerCase()}`
    case 'AWS::Lambda::Function':
    case 'AWS::Serverless::Function':
      return `arn:aws:lambda:${AT}:function:${name}`
    case 'AWS::SQS::Queue':
      return `arn:aws:sqs:${AT}:${name}`
    case 'AWS::Logs::LogGroup':
      return `arn:aws:logs:${AT}:log-group:${name}:*`
    case 'AWS::DynamoDB::Table':
      return `arn:aws:dynamodb:${AT}:table/${name}`
    default: {
      const service = type.split('::')[1]?.toLowerCase()
      return service === undefined || !/^[a-z0-9]+$/.test(service) ? undefined : `arn:aws:${service}:${AT}:${name}`
    }
  }
}
