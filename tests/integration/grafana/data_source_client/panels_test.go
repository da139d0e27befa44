// Package datasourceclient asks ClickHouse what Grafana's panels ask, as Grafana's data source does it: clickhouse-go
// behind database/sql, over HTTP with gzip, without settings, with the dashboard's zone and the data source's time-outs in
// the context. clickhouse-go derives max_execution_time from the deadline of the context and adds five seconds, so a test
// without deadlines would not send what Grafana sends.
package datasourceclient

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/url"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// A question is a query whose variables and macros have been put in.
type question struct {
	SQL      string `json:"sql"`
	TimeZone string `json:"time_zone"`
}

// An answer is what a panel gets, or the error that it shows.
type answer struct {
	Columns []string `json:"columns"`
	Types   []string `json:"types"`
	Rows    [][]any  `json:"rows"`
	Error   string   `json:"error"`
}

// seconds returns a time-out of the provisioned data source, which has it as text.
func seconds(t *testing.T, variable string) time.Duration {
	t.Helper()
	value, err := strconv.Atoi(os.Getenv(variable))
	if err != nil {
		t.Fatalf("%s is no number of seconds: %v", variable, err)
	}
	return time.Duration(value) * time.Second
}

func connect(t *testing.T, dialTimeout, queryTimeout time.Duration) *sql.DB {
	t.Helper()
	address, err := url.Parse(os.Getenv("CONVOSTREAM_CLICKHOUSE_READER_URL"))
	if err != nil || address.Host == "" {
		t.Fatalf("CONVOSTREAM_CLICKHOUSE_READER_URL is no address: %v", err)
	}
	password, _ := address.User.Password()
	database := clickhouse.OpenDB(&clickhouse.Options{
		Protocol:    clickhouse.HTTP,
		Addr:        []string{address.Host},
		Auth:        clickhouse.Auth{Database: strings.Trim(address.Path, "/"), Username: address.User.Username(), Password: password},
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionGZIP},
		DialTimeout: dialTimeout,
		ReadTimeout: queryTimeout,
		Settings:    clickhouse.Settings{},
	})
	t.Cleanup(func() { _ = database.Close() })
	checkHealth(t, database, dialTimeout)
	return database
}

// checkHealth does what the plugin does before each connection and for "Save & test".
func checkHealth(t *testing.T, database *sql.DB, timeout time.Duration) {
	t.Helper()
	limited, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if err := database.PingContext(limited); err != nil {
		t.Fatal(err)
	}
}

// ask reads an answer whole; a column is scanned into the type that the driver names for it.
func ask(database *sql.DB, asked question, timeout time.Duration) (got answer, err error) {
	zone, _ := time.LoadLocation(asked.TimeZone)
	limited, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	rows, err := database.QueryContext(clickhouse.Context(limited, clickhouse.WithUserLocation(zone)), asked.SQL)
	if err != nil {
		return got, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err != nil {
		return got, err
	}
	for _, column := range columns {
		got.Columns = append(got.Columns, column.Name())
		got.Types = append(got.Types, column.DatabaseTypeName())
	}
	for rows.Next() {
		row := make([]any, len(columns))
		for index, column := range columns {
			row[index] = reflect.New(column.ScanType()).Interface()
		}
		if err := rows.Scan(row...); err != nil {
			return got, err
		}
		got.Rows = append(got.Rows, row)
	}
	return got, rows.Err()
}

func TestEveryQuestionIsAnswered(t *testing.T) {
	written, err := os.ReadFile(os.Getenv("QUESTIONS"))
	if err != nil {
		t.Fatal(err)
	}
	var questions []question
	if err := json.Unmarshal(written, &questions); err != nil {
		t.Fatal(err)
	}
	queryTimeout := seconds(t, "QUERY_TIMEOUT")
	database := connect(t, seconds(t, "DIAL_TIMEOUT"), queryTimeout)
	answers := make([]answer, len(questions))
	for index, asked := range questions {
		if answers[index], err = ask(database, asked, queryTimeout); err != nil {
			answers[index].Error = err.Error()
		}
	}
	read, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(os.Getenv("ANSWERS"), read, 0o600); err != nil {
		t.Fatal(err)
	}
}

// The plugin's default is 60 seconds: a Grafana of one's own may have it.
func TestTheDefaultTimeoutsOfThePluginAreAllowed(t *testing.T) {
	database := connect(t, 10*time.Second, time.Minute)
	got, err := ask(database, question{SQL: "SELECT 1", TimeZone: "UTC"}, time.Minute)
	if err != nil || len(got.Rows) != 1 {
		t.Fatalf("%v, %v", got.Rows, err)
	}
}
