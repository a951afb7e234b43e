"""What stock products send and get."""

from crm_api.care.compat.schemas.kannel import KannelReplySchema, KannelReportSchema

__all__ = ["KannelReplySchema", "KannelReportSchema"]
