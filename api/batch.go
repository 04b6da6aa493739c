package api

// BatchRequest asks to run a job.
type BatchRequest struct {
	// BatchType is SPARK, PYSPARK or SQL, in any case of letters.
	BatchType string `json:"batchType"`
	// Resource is the file that runs.
	Resource string `json:"resource,omitempty"`
	// ClassName is a jar's main class.
	ClassName string `json:"className,omitempty"`
	Name      string `json:"name,omitempty"`
	// Conf are settings. With kyuubi.batch.id, a UUID, the same request may be sent
	// again and runs once.
	Conf map[string]string `json:"conf,omitempty"`
	Args []string          `json:"args,omitempty"`
	// ExtraResourcesMap has names of uploaded files, with commas between, whose paths
	// are added to settings, by the setting's key.
	ExtraResourcesMap map[string]string `json:"extraResourcesMap,omitempty"`
}

// Keys of Batch.BatchInfo.
const (
	// BatchDuplicated is "true" in the answer to a submission whose batch was there.
	BatchDuplicated = "kyuubi.batch.duplicated"
	// BatchDiffers is "true" when, moreover, the batch was made by another request.
	BatchDiffers = "kyuubi.batch.request.differs"
)

// Batch is one submitted job. Times are 0 until they happen.
type Batch struct {
	ID        string  `json:"id"`
	User      string  `json:"user"`
	BatchType string  `json:"batchType"`
	Name      *string `json:"name"`
	// AppStartTime is when the application was first known.
	AppStartTime  int64   `json:"appStartTime"`
	AppID         *string `json:"appId"`
	AppURL        *string `json:"appUrl"`
	AppState      *string `json:"appState"`
	AppDiagnostic *string `json:"appDiagnostic"`
	// KyuubiInstance is the gateway that accepted the batch or, later, took it last.
	KyuubiInstance *string `json:"kyuubiInstance"`
	// State is PENDING, RUNNING, FINISHED, ERROR or CANCELED.
	State      string            `json:"state"`
	CreateTime int64             `json:"createTime"`
	EndTime    int64             `json:"endTime"`
	BatchInfo  map[string]string `json:"batchInfo"`
}

// GetBatchesResponse is a page of a list.
type GetBatchesResponse struct {
	From int `json:"from"`
	// Total is how many batches the list has in all.
	Total   int64   `json:"total"`
	Batches []Batch `json:"batches"`
	// NextCursor is where the list goes on; only for those who asked with a cursor,
	// and empty at the end.
	NextCursor *string `json:"nextCursor,omitempty"`
}

// CloseBatchResponse says whether a batch was ended.
type CloseBatchResponse struct {
	Success bool   `json:"success"`
	Msg     string `json:"msg"`
}

// ReassignBatchRequest names a gateway that is gone.
type ReassignBatchRequest struct {
	KyuubiInstance string `json:"kyuubiInstance"`
}

// ReassignBatchResponse lists the batches that were moved, which leases do by
// themselves.
type ReassignBatchResponse struct {
	BatchIDs               []string `json:"batchIds"`
	OriginalKyuubiInstance string   `json:"originalKyuubiInstance"`
	NewKyuubiInstance      string   `json:"newKyuubiInstance"`
	Message                string   `json:"message"`
}

// Count is a number.
type Count struct {
	Count int64 `json:"count"`
}
