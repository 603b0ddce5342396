/**
 * API operations whose permission has another name, by service prefix and operation in lower case. Data only.
 *
 * Source: KMS API Reference, "ReEncrypt"; Amazon S3 User Guide, "Required permissions for Amazon S3 API operations";
 * AWS Lambda Developer Guide, "Identity-based IAM policies for Lambda".
 */

export interface RenamedOperation {
  readonly operation: string
  /** The permissions it asks for. */
  readonly permissions: readonly string[]
  /** One entry that stands for all of them. */
  readonly entry: string
}

function one(operation: string, permission: string): RenamedOperation {
  return { operation, permissions: [permission], entry: permission }
}

export const RENAMED_OPERATIONS: ReadonlyMap<string, RenamedOperation> = new Map(
  [
    {
      operation: 'kms:ReEncrypt',
      permissions: ['kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      entry: 'kms:ReEncrypt*',
    },
    one('s3:ListBuckets', 's3:ListAllMyBuckets'),
    one('s3:ListObjects', 's3:ListBucket'),
    one('s3:ListObjectsV2', 's3:ListBucket'),
    one('s3:HeadBucket', 's3:ListBucket'),
    one('s3:HeadObject', 's3:GetObject'),
    one('s3:DeleteObjects', 's3:DeleteObject'),
    one('s3:CreateMultipartUpload', 's3:PutObject'),
    one('s3:UploadPart', 's3:PutObject'),
    one('s3:CompleteMultipartUpload', 's3:PutObject'),
    one('s3:ListMultipartUploads', 's3:ListBucketMultipartUploads'),
    one('s3:ListObjectVersions', 's3:ListBucketVersions'),
    one('s3:ListParts', 's3:ListMultipartUploadParts'),
    one('s3:GetBucketEncryption', 's3:GetEncryptionConfiguration'),
    one('s3:PutBucketEncryption', 's3:PutEncryptionConfiguration'),
    one('s3:GetBucketLifecycleConfiguration', 's3:GetLifecycleConfiguration'),
    one('s3:PutBucketLifecycleConfiguration', 's3:PutLifecycleConfiguration'),
    one('s3:GetBucketReplication', 's3:GetReplicationConfiguration'),
    one('s3:PutBucketReplication', 's3:PutReplicationConfiguration'),
    one('lambda:Invoke', 'lambda:InvokeFunction'),
  ].map((renamed) => [renamed.operation.toLowerCase(), renamed]),
)
