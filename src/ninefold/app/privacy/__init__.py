"""What an installation owes to people and to auditors: requests, retention, deletion notices, permits, anchors."""
